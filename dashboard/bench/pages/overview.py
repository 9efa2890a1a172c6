"""What the Overview page draws, from constants."""

from datetime import date, timedelta

import streamlit as st

from dashboard import charts
from dashboard.bench.static.constants import MOMENT, head
from dashboard.diagnosis import Actor
from dashboard.marketplaces import Region, marketplaces
from dashboard.queries.first_syncs import BURN_DOWN
from dashboard.queries.frames import frame
from dashboard.queries.overview import AGES, COUNTS, MATRIX, TREND, WORSE
from dashboard.status import ACTORS, AgeBand, Headline
from dashboard.ui import clicks, first_syncs, looks, tables, tiles

head("Overview")
counts = frame([(each, ACTORS[each], 1234) for each in Headline], COUNTS)
tiles.by_actor(counts, None)
tiles.by_headline(counts, None)
left, right = st.columns(2, gap="large")
colors = looks.palette()
with left:
    st.subheader("Sync age by region", anchor=False)
    ages = [(region, band, 1000) for band in AgeBand for region in Region][:-3]
    figure = charts.sync_ages(frame(ages, AGES), looks.hexes(AgeBand), colors["gray"])
    clicks.clickable(figure, "ages", "Accounts by region and sync age")
with right:
    st.subheader("Share broken by region and marketplace", anchor=False)
    cells = [(each.region, each.id, 1000, 70) for each in marketplaces().values()]
    figure = charts.matrix(frame(cells, MATRIX), colors["red"], colors["gray"], looks.ink())
    clicks.clickable(figure, "matrix", "Accounts by marketplace")
left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("Sync age over 90 days", anchor=False)
    days = [(date(2026, 1, 1) + timedelta(days=day), 1000, 20000, 60000) for day in range(90)]
    figure = charts.trend(frame(days, TREND), [colors["blue"], colors["gray"]], colors["gray"])
    clicks.chart(figure, "trend", "Median and 90th percentile of sync age by day")
with right:
    st.subheader("First syncs in flight", anchor=False)
    flying = [(hours, Headline.FIRST_SYNC, 500) for hours in range(42, -1, -6)]
    flying += [(hours, Headline.LATE, 50) for hours in range(-6, -31, -6)]
    first_syncs.burn_down(frame(flying, BURN_DOWN), 48, None)
st.subheader("Worse since yesterday", anchor=False)
became = [
    (number, f"Amber {number}", number, "Amber Kitchens", Headline.HEALTHY, Headline.LATE,
     Actor.US, "data_late", MOMENT)
    for number in range(10)
]  # fmt: skip
tables.worse(frame(became, WORSE), MOMENT)
