"""Holds two runs' requests by method and name against each other: Locust's statistics and a report of Plimsoll.

usage: compare.py STATS.csv REPORT.json
Exits 1 where the shares differ by more than chance explains (Pearson's chi-square test of homogeneity at one in a
million) or a name is in one of the two alone."""

import csv
import json
import math
import sys

with open(sys.argv[1], newline="") as file:
    rows = [row for row in csv.DictReader(file) if row["Name"] != "Aggregated"]
locust = {(row["Type"], row["Name"]): int(row["Request Count"]) for row in rows}
failures = sum(int(row["Failure Count"]) for row in rows)
with open(sys.argv[2]) as file:
    report = json.load(file)
plimsoll = {(row["method"], row["name"]): row["requests"] for row in report["requests"]}
if failures or report["total"]["failed"]:
    sys.exit(f"failed requests: {failures} of Locust's, {report['total']['failed']} of Plimsoll's")
alone = locust.keys() ^ plimsoll.keys()
if alone:
    sys.exit(f"in one of the two alone: {sorted(alone)}")

totals = sum(locust.values()), sum(plimsoll.values())
square = 0.0
print(f"{'':6} {'name':40} {'locust':>8} {'share':>7} {'plimsoll':>9} {'share':>7}")
for key in sorted(locust):
    counts = locust[key], plimsoll[key]
    print(
        f"{key[0]:6} {key[1]:40} {counts[0]:8} {counts[0] / totals[0]:7.2%} {counts[1]:9} {counts[1] / totals[1]:7.2%}"
    )
    for count, total in zip(counts, totals):
        expected = sum(counts) * total / sum(totals)
        square += (count - expected) ** 2 / expected
freedom = len(locust) - 1
# Wilson and Hilferty 1931
limit = freedom * (1 - 2 / (9 * freedom) + 4.75 * math.sqrt(2 / (9 * freedom))) ** 3
print(f"{'all':47} {totals[0]:8} {'':7} {totals[1]:9}")
print(f"chi-square {square:.1f} with {freedom} degrees of freedom; beyond chance from {limit:.1f} on")
sys.exit(square > limit)
