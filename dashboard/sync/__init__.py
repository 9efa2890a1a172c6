"""Background work: what happens without anybody asking.

``queue`` only dispatches; the database is the truth. ``tasks`` says what is done and when, and
``worker`` is the process that does it. Any number of workers may run.
"""
