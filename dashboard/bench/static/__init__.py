"""The static pages: what Streamlit needs to draw the same from constants."""
