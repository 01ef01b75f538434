"""Holds the CSV files of a run against its report, against those of real Locust, and its quantiles against numpy's.

usage: check.py RESULTS LOCUST, each the path that the files' names begin with
The run's requests have a name each, so that the smallest time of a row is the one sample there is."""

import csv
import json
import math
import sys

import numpy
import pandas

ours, theirs = sys.argv[1:]
with open(f"{ours}.json") as file:
    report = json.load(file)
total = report["total"]
FILES = ["stats", "failures", "exceptions", "stats_history"]
SHARES = {"p50": 0.5, "p66": 0.66, "p75": 0.75, "p80": 0.8, "p90": 0.9, "p95": 0.95, "p98": 0.98, "p99": 0.99}
SHARES |= {"p999": 0.999, "p9999": 0.9999}
COLUMNS = ["50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%"]
wrong = []


def hold(what, found, expected, within=1e-9):
    if not (found == expected or math.isclose(found, expected, rel_tol=within)):
        wrong.append(f"{what}: {found}, not {expected}")


def aggregated(frame):
    """Of either tool, the last row of all, as a tool that knows Locust's files reads it."""
    return frame[frame["Name"] == "Aggregated"].iloc[-1]


def read(base):
    """The four files of either tool; what holds for both is held here."""
    frames = {name: pandas.read_csv(f"{base}_{name}.csv") for name in FILES}
    stats, history = frames["stats"], frames["stats_history"]
    named = stats[stats["Name"] != "Aggregated"]
    last = aggregated(stats)
    assert stats.iloc[-1]["Name"] == "Aggregated" and pandas.isna(last["Type"])
    pairs = list(zip(named["Name"], named["Type"]))
    assert pairs == sorted(pairs), "rows are not in order"
    hold(f"{base}: requests", named["Request Count"].sum(), last["Request Count"])
    hold(f"{base}: failures", named["Failure Count"].sum(), last["Failure Count"])
    hold(f"{base}: occurrences", frames["failures"]["Occurrences"].sum(), last["Failure Count"])
    for name in ["First Seen", "Last Seen"]:
        assert pandas.to_datetime(frames["failures"][name], format="%Y-%m-%dT%H:%M:%SZ").notna().all()
    assert history["Timestamp"].is_monotonic_increasing and history["Timestamp"].dtype.kind == "i"
    with open(f"{base}_stats.csv", newline="") as file:
        for row in csv.DictReader(file):
            assert all(int(row[column]) >= 0 for column in COLUMNS)
    return frames


# the columns, to the byte
for name in FILES:
    with open(f"{ours}_{name}.csv", "rb") as mine, open(f"{theirs}_{name}.csv", "rb") as locust:
        heads = mine.readline(), locust.readline()
    if heads[0] != heads[1]:
        wrong.append(f"the head of {name} is {heads[0]}, and Locust's {heads[1]}")
mine, locust = read(ours), read(theirs)
for name in FILES:
    for column in mine[name].columns:
        kinds = {frames[name][column].dtype.kind for frames in (mine, locust) if len(frames[name])}
        if kinds - set("iuf") and len(kinds) > 1:
            wrong.append(f"{column} of {name} is of the kinds {kinds}")

# the CSV files and the report
last, history = aggregated(mine["stats"]), mine["stats_history"]
seconds = history[history["Name"] == "Aggregated"]
end = seconds.iloc[-1]
times = total["response_time"]
for column, value in [
    ("Request Count", total["requests"]),
    ("Failure Count", total["failed"]),
    ("Median Response Time", times["p50"]),
    ("Average Response Time", times["mean"]),
    ("Min Response Time", times["min"]),
    ("Max Response Time", times["max"]),
]:
    hold(column, last[column], value)
    hold(f"Total {column}", end[f"Total {column}"], value)
hold("Requests/s", last["Requests/s"], total["rate"])
hold("Failures/s", last["Failures/s"], total["failed"] / report["run"].get("rate_seconds", report["run"]["seconds"]))
hold("Average Content Size", end["Total Average Content Size"], last["Average Content Size"])
hold("requests, second by second", seconds["Requests/s"].sum(), total["requests"])
hold("failures, second by second", seconds["Failures/s"].sum(), total["failed"])
hold("requests, name by name", history[history["Name"] != "Aggregated"]["Requests/s"].sum(), total["requests"])
assert (seconds["Timestamp"].diff().dropna() == 1).all()
for column, name in zip(COLUMNS, [*SHARES, "max"]):
    hold(column, int(last[column]), math.floor(times[name] + 0.5))

# the quantiles and numpy
samples = numpy.array([row["response_time"]["min"] for row in report["requests"]])
assert all(row["requests"] == 1 for row in report["requests"]) and len(samples) == total["requests"] > 4000
worst = 0.0
for name, share in SHARES.items():
    exact = numpy.quantile(samples, share, method="inverted_cdf")
    worst = max(worst, abs(times[name] / exact - 1))
    hold(name, times[name], exact, within=1e-3)
hold("mean", times["mean"], samples.mean())
hold("stddev", times["stddev"], samples.std())
hold("min", times["min"], samples.min())
hold("max", times["max"], samples.max())

if wrong:
    sys.exit("\n".join(wrong))
print(f"{len(samples)} samples: quantiles differ from numpy's by {worst:.3%} at most")
print(f"{int(last['Request Count'])} requests in {len(seconds)} seconds: CSV files and report agree")
print(f"{int(aggregated(locust['stats'])['Request Count'])} requests of Locust: the same columns, read by the same code")
