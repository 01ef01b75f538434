#!/usr/bin/env python3
"""Draws what coordinated omission hides: the quantiles of one run by both of its clocks (half a minute; the standard library alone).

usage: docs/pictures/stall.py path/to/plimsoll
"""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# quantiles of the report, and how far to the right each stands: the same distance for each factor of ten that is left
QUANTILES = {"p50": 0.5, "p66": 0.66, "p75": 0.75, "p80": 0.8, "p90": 0.9, "p95": 0.95, "p98": 0.98, "p99": 0.99, "p999": 0.999}
LABELS = {0.5: "p50", 0.75: "p75", 0.9: "p90", 0.95: "p95", 0.99: "p99", 0.999: "p99.9"}
LEFT, RIGHT, TOP, BOTTOM = 70, 690, 50, 330
LEAST, MOST = 10, 4000  # milliseconds


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(plimsoll):
    """The report of a run against a service that stands still for 2 of every 10 seconds."""
    port = free_port()
    service = subprocess.Popen(
        [plimsoll, "target", "--port", str(port), "--delay", "10ms..20ms", "--freeze", "2s/10s"], stdout=subprocess.DEVNULL
    )
    try:
        while True:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        with tempfile.TemporaryDirectory() as out:
            target = f"http://127.0.0.1:{port}/demo"
            subprocess.run(
                [plimsoll, "run", HERE / "stall.yaml", "--target", target, "--seed", "1", "--quiet", "--results", out],
                env={**os.environ, "NO_COLOR": "1"},
            )
            return json.loads(next(Path(out).glob("*.json")).read_text())
    finally:
        service.send_signal(signal.SIGINT)
        service.wait()


def x(quantile):
    return LEFT + (RIGHT - LEFT) * math.log10(0.5 / (1 - quantile)) / math.log10(0.5 / 0.001)


def y(milliseconds):
    return BOTTOM - (BOTTOM - TOP) * math.log(milliseconds / LEAST) / math.log(MOST / LEAST)


def line(times, colour, dash=""):
    points = " ".join(f"{x(q):.1f},{y(times[name]):.1f}" for name, q in QUANTILES.items())
    dots = "".join(f'<circle cx="{x(q):.1f}" cy="{y(times[name]):.1f}" r="3" fill="{colour}"/>' for name, q in QUANTILES.items())
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>{dots}'


def shown(milliseconds):
    return f"{milliseconds / 1000:.2g} s" if milliseconds >= 1000 else f"{milliseconds:.0f} ms"


def text(at_x, at_y, words, anchor="middle", colour="#444", size=13):
    return f'<text x="{at_x:.1f}" y="{at_y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{words}</text>'


def picture(report):
    total = report["total"]
    response, service = total["response_time"], total["service_time"]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 400" font-family="sans-serif" role="img">',
        f"<title>Quantiles of one run by response time and by service time: p95 is {shown(response['p95'])} and {shown(service['p95'])}</title>",
        '<rect width="760" height="400" fill="#fff"/>',
        text(LEFT, 28, f"{total['requests']:,} requests of 20 users, one every 200 ms each; the service stood still for 2 s, twice", "start", "#111", 14),
    ]
    for milliseconds in [10, 30, 100, 300, 1000, 3000]:
        parts.append(f'<path d="M{LEFT} {y(milliseconds):.1f}H{RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y(milliseconds) + 4, shown(milliseconds), "end"))
    for quantile, label in LABELS.items():
        parts.append(f'<path d="M{x(quantile):.1f} {TOP}V{BOTTOM}" stroke="#eee"/>')
        parts.append(text(x(quantile), BOTTOM + 20, label))
    parts.append(line(service, "#777", ' stroke-dasharray="6 4"'))
    parts.append(line(response, "#c0392b"))
    said = f"response time, from when it was due: p95 {shown(response['p95'])}"
    parts.append(text(RIGHT, y(response["p99"]) - 12, said, "end", "#c0392b"))
    said = f"service time, from when it was sent: p95 {shown(service['p95'])}"
    parts.append(text(x(0.95) + 14, y(service["p95"]) + 18, said, "start", "#555"))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 48, "that share of the requests took no longer", "middle", "#444"))
    return "\n".join([*parts, "</svg>", ""])


report = measure(sys.argv[1])
(HERE / "stall.svg").write_text(picture(report))
total = report["total"]
for clock in ["response_time", "service_time"]:
    print(clock, {name: round(total[clock][name], 1) for name in QUANTILES}, "max", round(total[clock]["max"], 1))
