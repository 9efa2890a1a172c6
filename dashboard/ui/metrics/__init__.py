"""The parts of the Metrics page: what is chosen, and one module for each view."""
