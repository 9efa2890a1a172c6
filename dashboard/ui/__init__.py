"""Streamlit code shared by pages."""
