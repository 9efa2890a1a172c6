"""``dashboard bench``: a database of any size, and how long its pages take beside a static page."""
