"""Runs the plan beside this file with every exporter, and holds what arrived against the report."""

import contextlib
import glob
import gzip
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

from line_protocol_parser import parse_line
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as exposition

PLIMSOLL, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
PLAN = "tests/exporters/plan.yaml"
PROMETHEUS = "http://127.0.0.1:18112"
HOSTILE = '/no/such/path, = \\"#|'
# a machine that is busy with other things makes a run not valid, and its figures are as right
NOT_VALID = 4
checks = 0


def hold(condition, *what):
    global checks
    checks += 1
    if not condition:
        print("does not hold:", *what, file=sys.stderr)
        sys.exit(1)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is posted, in the way its server is told to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        if server.mode == "hang":
            time.sleep(60)
        if server.mode == "slow":
            time.sleep(0.4)
        if server.mode == "500" or server.mode == "first 500" and len(server.refused) < 2:
            server.refused.append(body)
            self.answer(500, b"not today")
            return
        server.received.append((self.path, dict(self.headers), body))
        self.answer(200, server.says)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiver(mode="take", says=b"", tls=False):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads, server.mode, server.says, server.received, server.refused = True, mode, says, [], []
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(WORK / "peer.pem", WORK / "peer.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def run(name, *flags, env=None, seconds=None):
    """A run's exit code, report, stdout and stderr, and how long it took."""
    out = WORK / name
    command = [PLIMSOLL, "run", PLAN, "--quiet", "--out", out, *(["--time", f"{seconds}s"] if seconds else []), *flags]
    began = time.monotonic()
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})})
    took = time.monotonic() - began
    report = json.load(open(glob.glob(f"{out}/load_test_*.json")[0]))
    return ended.returncode, report, ended.stdout, ended.stderr, took


def promql(query, at=None):
    parameters = {"query": query, **({"time": at} if at else {})}
    with urllib.request.urlopen(f"{PROMETHEUS}/api/v1/query?{urllib.parse.urlencode(parameters)}") as answer:
        return json.load(answer)["data"]["result"]


def value(query):
    found = promql(query)
    hold(len(found) == 1, query, found)
    return float(found[0]["value"][1])


def whole_run():
    with receiver(says=ExportMetricsServiceResponse().SerializeToString()) as otlp, receiver() as hook, receiver() as slack:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(1)
        packets = []

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    with contextlib.suppress(TimeoutError):
                        packets.append(udp.recv(65536).decode())

        threading.Thread(target=listen, daemon=True).start()
        scraped = {}

        def scrape():
            for _ in range(30):
                time.sleep(0.1)
                with contextlib.suppress(OSError):
                    for accept in ["text/plain", "application/openmetrics-text"]:
                        asked = urllib.request.Request("http://127.0.0.1:18111/metrics", headers={"accept": accept})
                        scraped[accept] = urllib.request.urlopen(asked).read().decode()

        scraping = threading.Thread(target=scrape)
        scraping.start()
        code, report, stdout, stderr, _ = run(
            "whole", "--prometheus", "18111", "--prometheus-remote-write", f"{PROMETHEUS}/api/v1/write",
            "--otlp", otlp.url, "--influxdb", str(WORK / "out.lp"), "--statsd", f"127.0.0.1:{udp.getsockname()[1]}",
            "--stream", "-", "--notify", f"{hook.url}/hook", "--notify", f"slack={slack.url}/services/T000/B000/very-secret",
            "--label", "commit=41fc740",
            env={"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test"},
        )  # fmt: skip
        scraping.join()
        time.sleep(0.5)
        udp.close()
    hold(code in [0, NOT_VALID], "exit code", code, stderr)
    hold(all(one["lost"] == 0 for one in report["exports"]), report["exports"])
    hold(len(report["exports"]) == 8, report["exports"])
    hold("very-secret" not in stdout + stderr + json.dumps(report), stderr)
    total = report["total"]
    prometheus(report, scraped)
    opentelemetry(total, otlp.received)
    line_protocol(total)
    statsd(total, packets)

    lines = [json.loads(line) for line in stdout.splitlines()]
    hold([lines[0]["type"], lines[-1]["type"]] == ["begin", "end"], lines[0], lines[-1])
    hold(sum(line["ok"] + line["failed"] for line in lines[1:-1]) == total["requests"], "the stream's seconds")
    hold(lines[-1]["total"] == total, lines[-1])
    hold(len(hook.received) == len(slack.received) == 1, hook.received, slack.received)
    told = json.loads(hook.received[0][2])
    hold(told["event"] == "end" and told["total"]["requests"] == total["requests"], told)
    hold("exported against" in json.loads(slack.received[0][2])["text"], slack.received)


def prometheus(report, scraped):
    total = report["total"]
    by_scrape, by_write = 'job="plimsoll",run=""', f'job="plimsoll",run!=""'
    for which in [by_scrape, by_write]:
        last = f"last_over_time(plimsoll_requests_total{{{which}}}[5m])"
        hold(value(f"sum({last})") == total["requests"], which, value(f"sum({last})"), total["requests"])
        for row in report["requests"]:
            name = json.dumps(row["name"])
            got = value(f"sum(last_over_time(plimsoll_requests_total{{{which},name={name}}}[5m]))")
            hold(got == row["requests"], which, name, got, row["requests"])
        buckets = f"sum by (le) (last_over_time(plimsoll_response_time_seconds_bucket{{{which}}}[5m]))"
        counts = sorted((float(one["metric"]["le"]), float(one["value"][1])) for one in promql(buckets))
        for share in [0.5, 0.95, 0.99]:
            measured = total["response_time"][f"p{round(share * 100)}"] / 1e3
            estimated = value(f"histogram_quantile({share}, {buckets})")
            place = next(i for i, (le, _) in enumerate(counts) if measured <= le)
            lower = counts[place - 1][0] if place else 0
            hold(lower <= estimated <= counts[place][0], which, share, measured, estimated, lower, counts[place])
            print(f"prometheus {which}: p{share * 100:g} {estimated * 1e3:.2f} ms, measured {measured * 1e3:.2f} ms")
        sent = value(f"sum(last_over_time(plimsoll_sent_bytes_total{{{which}}}[5m]))")
        hold(sent == total["bytes_out"], which, sent, total["bytes_out"])
    print(f"prometheus: {total['requests']} requests by scrape and by remote write, as in the report")
    hold(HOSTILE in {s.labels.get("name") for f in exposition(scraped["text/plain"]) for s in f.samples}, "hostile name")
    for parse, accept in [(exposition, "text/plain"), (openmetrics, "application/openmetrics-text")]:
        families = list(parse(scraped[accept]))
        hold(len(families) > 20 and families[0].name.startswith("plimsoll_requests"), accept, families[0])
        hold(families[0].type == "counter", accept, families[0])


def opentelemetry(total, received):
    hold(len(received) >= 9, "OTLP requests", len(received))
    last = None
    for path, headers, body in received:
        hold(path == "/v1/metrics" and headers["content-type"] == "application/x-protobuf", path, headers)
        request = ExportMetricsServiceRequest.FromString(gzip.decompress(body))
        (resource,) = request.resource_metrics
        attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
        hold(attributes["service.name"] == "plimsoll", attributes)
        hold(attributes["deployment.environment"] == "test", attributes)
        hold(attributes["plimsoll.label.commit"] == "41fc740", attributes)
        (scope,) = resource.scope_metrics
        metrics = {metric.name: metric for metric in scope.metrics}
        hold(len(metrics) == len(scope.metrics), "a metric is told twice")
        for metric in scope.metrics:
            data = getattr(metric, metric.WhichOneof("data"))
            hold(metric.description and metric.unit, metric.name)
            if metric.WhichOneof("data") == "sum":
                hold(data.is_monotonic and data.aggregation_temporality == 2, metric.name)
            seen = set()
            for point in data.data_points:
                labels = tuple(sorted((one.key, one.value.string_value) for one in point.attributes))
                hold(labels not in seen, metric.name, labels)
                seen.add(labels)
                hold(0 < point.start_time_unix_nano < point.time_unix_nano, metric.name)
                if metric.WhichOneof("data") == "exponential_histogram":
                    hold(data.aggregation_temporality == 2 and point.scale == 5, metric.name)
                    hold(sum(point.positive.bucket_counts) + point.zero_count == point.count, metric.name, point)
                    base = 2 ** (2**-point.scale)
                    first = base**point.positive.offset
                    hold(first * 0.999 < point.min <= point.max, metric.name, point.min, first)
                    top = base ** (point.positive.offset + len(point.positive.bucket_counts))
                    hold(point.max <= top * 1.000001, metric.name, point.max, top)
                    hold(point.min * point.count <= point.sum <= point.max * point.count, metric.name)
        if last:
            for name in ["plimsoll.requests", "plimsoll.sent", "plimsoll.requests_started"]:
                hold(of(last[name]) <= of(metrics[name]), name)
        last = metrics
    hold(of(last["plimsoll.requests"]) == total["requests"], of(last["plimsoll.requests"]), total["requests"])
    # the quantile that its buckets give, within the width of one
    buckets = {}
    for point in last["plimsoll.response_time"].exponential_histogram.data_points:
        for place, count in enumerate(point.positive.bucket_counts):
            index = point.positive.offset + place
            buckets[index] = buckets.get(index, 0) + count
    hold(sum(buckets.values()) == total["requests"], "exponential histogram", total["requests"])
    for share in [0.5, 0.95, 0.99]:
        below = 0
        for index in sorted(buckets):
            below += buckets[index]
            if below >= share * total["requests"]:
                break
        upper, measured = 2 ** ((index + 1) / 32), total["response_time"][f"p{round(share * 100)}"] / 1e3
        hold(upper / 1.0222 <= measured <= upper * 1.000001, share, upper, measured)
        print(f"opentelemetry: p{share * 100:g} up to {upper * 1e3:.2f} ms, measured {measured * 1e3:.2f} ms")
    print(f"opentelemetry: {len(received)} requests with every point in order")


def of(metric):
    return sum(point.as_int for point in metric.sum.data_points)


def line_protocol(total):
    lines = [parse_line(line) for line in (WORK / "out.lp").read_text().splitlines()]
    hold(len(lines) > 100, len(lines))
    last = max(line["time"] for line in lines)
    requests = [line for line in lines if line["measurement"] == "plimsoll_requests" and line["time"] == last]
    hold(sum(line["fields"]["value"] for line in requests) == total["requests"], requests)
    hold(any(line["tags"]["name"] == HOSTILE.replace("\\", "/") for line in requests), requests)
    hold(all(line["tags"]["plan"] == "exported" for line in lines), "tags")
    print(f"line protocol: {len(lines)} lines, {len(requests)} series of requests")


def statsd(total, packets):
    requests, times = 0, 0.0
    for line in "\n".join(packets).splitlines():
        name, rest = line.split(":", 1)
        amount, kind, *more = rest.split("|")
        hold(name.startswith("plimsoll.") and kind in ["c", "g", "ms"], line)
        float(amount)
        if name == "plimsoll.requests":
            requests += int(amount)
        if name == "plimsoll.response_time":
            rate = next((one for one in more if one.startswith("@")), "@1")
            times += 1 / float(rate[1:])
    hold(requests == total["requests"], "statsd", requests, total["requests"])
    hold(abs(times - total["requests"]) < 1e-6 * total["requests"], "statsd", times, total["requests"])
    print(f"statsd: {requests} requests and as many times in {len(packets)} packets")


def calm(name, report, took, seconds, patience=13):
    """The run made its load, in its time, and was not late with it."""
    hold(report["books"]["balanced"] and report["total"]["requests"] > seconds * 300, name, report["total"]["requests"])
    hold(took < seconds + patience, name, f"took {took:.1f} s")
    return report["generator"]["lateness_p99"]


def troubled_runs():
    seconds = 4
    code, report, _, stderr, took = run("alone", seconds=seconds)
    alone = calm("alone", report, took, seconds)
    hold(code in [0, NOT_VALID] and "exports" not in report, code, stderr)
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    refused = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    exporters = {
        "prometheus-remote-write": lambda url: f"{url}/api/v1/write",
        "otlp": lambda url: url,
        "influxdb": lambda url: f"{url}?db=load",
        "notify": lambda url: f"{url}/hook",
    }
    for trouble in ["away", "500", "hang", "slow", "first 500", "wrong certificate", "right certificate"]:
        mode = trouble if trouble in ["500", "hang", "slow", "first 500"] else "take"
        with contextlib.ExitStack() as stack:
            flags, peers = [], {}
            for flag, place in exporters.items():
                peer = stack.enter_context(receiver(mode, tls="certificate" in trouble))
                peers[flag] = peer
                flags += [f"--{flag}", place(refused if trouble == "away" else peer.url)]
            if trouble == "right certificate":
                flags += ["--exporter-ca", str(WORK / "ca.pem")]
            name = trouble.replace(" ", "_")
            code, report, _, stderr, took = run(name, *flags, seconds=seconds)
        late = calm(trouble, report, took, seconds)
        told = {one["by"]: one for one in report["exports"]}
        for flag in exporters:
            sent = told[flag]
            amount = 1 if flag == "notify" else seconds + 1
            hold(sent["delivered"] + sent["lost"] >= amount, trouble, sent)
            if trouble in ["slow", "first 500", "right certificate"]:
                hold(sent["lost"] == 0 and sent["delivered"] == len(peers[flag].received), trouble, sent)
            else:
                hold(sent["lost"] >= amount and sent["delivered"] == 0 and sent["why"], trouble, sent)
                hold(f"`--{flag}` to " in stderr and sent["why"] in stderr, trouble, stderr)
        lost = any(one["lost"] for one in report["exports"])
        hold(code in ([6] if lost else [0, NOT_VALID]), trouble, code, stderr)
        hold(report["verdict"]["passed"] or report["verdict"]["exit_code"] == NOT_VALID, trouble, report["verdict"])
        # what a loaded machine does by itself is more than that
        hold(late < alone + 10, trouble, f"{late} ms late at p99, {alone} ms alone")
        why = {one["why"] for one in report["exports"] if one["lost"]}
        print(f"{trouble}: {took:.1f} s, {late:.2f} ms late at p99 ({alone:.2f} ms alone), exit {code}", *why, sep="; ")
    code, _, _, stderr, _ = run("ignored", "--otlp", refused, "--exporter-loss", "ignore", seconds=1)
    hold(code in [0, NOT_VALID] and "warning: figures were lost on their way" in stderr, code, stderr)
    # nobody comes for the figures, and Ctrl-C ends the waiting
    out = WORK / "nobody"
    waiting = subprocess.Popen(
        [PLIMSOLL, "run", PLAN, "--time", "1s", "--out", out, "--prometheus", "0"], stderr=subprocess.PIPE, text=True
    )
    for line in waiting.stderr:
        if line.startswith("waiting for somebody"):
            waiting.send_signal(2)
    hold(waiting.wait() == 6, waiting.returncode)
    report = json.load(open(glob.glob(f"{out}/load_test_*.json")[0]))
    hold(report["exports"][0]["why"] == "nobody came for them", report["exports"])


def unwelcome_visitors():
    """Many connections that ask nothing, and pages of somebody else's, change nothing."""
    out = WORK / "visitors"
    command = [PLIMSOLL, "run", PLAN, "--time", "4s", "--out", out, "--prometheus", "18111"]
    under_way = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    time.sleep(1.5)
    held = []
    for _ in range(200):
        with contextlib.suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", 18111), timeout=1))
    hold(len(held) > 100, "connections", len(held))
    for one in held:
        one.close()
    time.sleep(0.3)
    for host, status in [("evil.example", 403), ("localhost:18111", 200), ("127.0.0.1", 200), ("[::1]:1", 200)]:
        asked = urllib.request.Request("http://127.0.0.1:18111/metrics", headers={"host": host})
        try:
            got = urllib.request.urlopen(asked).status
        except urllib.error.HTTPError as error:
            got = error.code
        hold(got == status, host, got)
    stderr = under_way.communicate()[1]
    hold(under_way.returncode in [0, NOT_VALID], under_way.returncode, stderr)


whole_run()
troubled_runs()
unwelcome_visitors()
print(f"{checks} checks passed, 0 failed")
