"""The Metrics page: how customers come aboard, how connections fare, how it was at a past hour.

Everything is added up from ``DailyTally``: its rows depend on days and on the ways in which
accounts differ, not on how many accounts there are.
"""
