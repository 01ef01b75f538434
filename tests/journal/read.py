#!/usr/bin/env python3
"""Reads a journal and prints its sums as JSON. Made from docs/journal.md alone, with the standard library alone.

usage: tests/journal/read.py FILE
"""
import json
import struct
import sys
import zlib

KINDS = ["check", "timeout", "dns", "connect", "tls", "reset", "protocol", "body", "template"]
MEASURES = ["response_ok", "response_failed", "service_ok", "service_failed", "first_byte", "receive", "dns", "connect", "tls",
            "first_byte_failed"]
TASK_FAILURES = ["call", "step", "rows"]


class Numbers:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        self.at += length
        assert self.at <= len(self.data), "it ends too early"
        return self.data[self.at - length:self.at]

    def number(self, most=10):
        value = 0
        for index in range(most):
            byte = self.take(1)[0]
            if index == 8 and most == 9:  # the ninth byte of a zig-zag number carries eight bits
                return value | byte << 56
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise ValueError("a number is too long")

    def zigzag(self):
        bits = self.number(9)
        return bits >> 1 if bits % 2 == 0 else -(bits + 1 >> 1)

    def double(self):
        return struct.unpack("<d", self.take(8))[0]

    def figure(self):
        number = self.number()
        return self.double() if number == 1 else float(number // 2)

    def text(self):
        return self.take(self.number()).decode()

    def list(self, read):
        return [read() for _ in range(self.number())]


def bits(double):
    return struct.unpack("<Q", struct.pack("<d", double))[0]


def floor(bucket, unit):
    if bucket < 2048:
        return bucket << unit
    return (1024 + bucket % 1024) << (bucket // 1024 - 1 + unit)


class Second:
    """One second's frame; `series` is what the journal has named so far."""

    def __init__(self, payload, series):
        head = Numbers(payload)
        packed = head.take(head.number())
        n = self.numbers = Numbers(zlib.decompress(packed))
        self.counts = Numbers(zlib.decompress(payload[head.at:]))
        self.second, self.users = n.number(), n.number()
        names = ["scheduled", "dropped", "started", "ok", "aborted", "never_sent"]
        self.books = {name: n.number() for name in names} | self.failures()
        self.health = [n.number(), n.number(), n.number(), n.number(), n.figure(), n.number(), n.number(), n.number()]
        series += n.list(lambda: ([n.number() for _ in range(5)], n.text()))
        self.ended = n.list(self.series_counts)
        self.metrics = n.list(lambda: (n.number(), n.number(), self.samples(0, 1 << 20)))
        self.errors = n.list(lambda: [n.number(), n.text(), KINDS[n.number()], n.text(), n.number(), n.number(), n.number()])
        self.tasks = []
        for extra, content in n.list(lambda: (n.number(), n.take(n.number()))) if n.at < len(n.data) else []:
            self.extra(extra, Numbers(content))
        assert n.at == len(n.data) and self.counts.at == len(self.counts.data), "something is left over"

    def extra(self, extra, n):
        if extra == 1:
            names = ["user", "task", "stage", "started", "completed", "aborted"]
            failed = lambda: {TASK_FAILURES[kind]: count for kind, count in n.list(lambda: (n.number(), n.number()))}
            self.tasks = n.list(lambda: {name: n.number() for name in names} | failed())
        elif extra == 2:
            for place, count in n.list(lambda: (n.number(), n.number())):
                self.ended[place][1]["redirected"] = count
        elif extra == 3:
            for place, count in n.list(lambda: (n.number(), n.number())):
                self.metrics[place][2]["failed"] = count

    def failures(self):
        n = self.numbers
        return {KINDS[kind]: count for kind, count in n.list(lambda: (n.number(), n.number()))}

    def series_counts(self):
        n = self.numbers
        number = n.number()
        counts = {name: n.number() for name in ["ok", "aborted", "never_sent", "bytes_out", "bytes_in", "content"]} | self.failures()
        return number, counts, n.list(lambda: (MEASURES[n.number()], self.samples(9, 1)))

    def samples(self, unit, scale):
        n, buckets, bucket = self.numbers, {}, 0
        refused, counts = n.number(), Numbers(self.counts.take(n.number()))
        if not counts.data:
            return {"refused": refused, "buckets": {}, "sum": 0.0}
        while counts.at < len(counts.data):
            count = counts.zigzag()
            if count > 0:
                buckets[bucket] = count
            bucket += max(1, -count)
        total, clipped, form = sum(buckets.values()), n.number(), n.number()
        if form == 0:
            low, high, last, mean, squares = [n.figure() for _ in range(5)]
        elif form == 1:
            low = high = last = mean = n.figure()
            squares = 0.0
        else:
            low = floor(min(buckets), unit) / scale + n.number()
            high = floor(max(buckets), unit) / scale + n.number()
            last, quotient = float(n.number()), float(n.number()) / total
            steps = n.number()
            moved = bits(quotient) + (steps >> 1 if steps % 2 == 0 else -(steps + 1 >> 1))
            mean, squares = struct.unpack("<d", struct.pack("<Q", moved))[0], n.double()
        return {"refused": refused, "clipped": clipped, "buckets": buckets, "min": low, "max": high, "last": last,
                "mean": mean, "squares": squares, "sum": mean * total}


def frames(data):
    first = b"plimsoll journal 1\n"
    assert data.startswith(first), "no journal of format 1"
    at = len(first)
    while at < len(data):
        assert len(data) >= at + 9, f"cut off at byte {at}"
        length, kind, check = struct.unpack_from("<IcI", data, at)
        assert zlib.crc32(data[at:at + 5]) == check, f"damaged at byte {at}"
        end = at + 9 + length
        assert len(data) >= end + 4, f"cut off at byte {at}"
        assert zlib.crc32(data[at:end]) == struct.unpack_from("<I", data, end)[0], f"damaged at byte {at}"
        yield kind, data[at + 9:end]
        at = end + 4


def add(total, more):
    for name, count in more.items():
        total[name] = total.get(name, 0) + count


def add_samples(totals, key, samples):
    total = totals.setdefault(key, {"count": 0, "refused": 0, "sum": 0.0, "min": None, "max": None, "buckets": {}})
    total["count"] += sum(samples["buckets"].values())
    total["refused"] += samples["refused"]
    total["sum"] += samples["sum"]
    add(total["buckets"], samples["buckets"])
    for name, better in [("min", min), ("max", max)]:
        if samples["buckets"]:
            total[name] = samples[name] if total[name] is None else better(total[name], samples[name])


def main(path):
    series, out = [], {"seconds": [], "users": 0, "books": {}, "series": {}, "samples": {}, "tasks": {}, "failed_transactions": 0,
                   "errors": 0, "annotations": []}
    with open(path, "rb") as file:
        data = file.read()
    for kind, payload in frames(data):
        if kind == b"H":
            out["header"] = json.loads(payload)
        elif kind == b"A":
            out["annotations"].append(json.loads(payload)["text"])
        elif kind == b"E":
            out["end"] = json.loads(payload)
        elif kind == b"S":
            second = Second(payload, series)
            out["seconds"].append(second.second)
            out["users"] = max(out["users"], second.users)
            out["errors"] += sum(error[4] for error in second.errors)
            add(out["books"], second.books)
            for task in second.tasks:
                ids = "{}/{}/{}".format(*[task.pop(name) for name in ["user", "task", "stage"]])
                add(out["tasks"].setdefault(ids, {}), task)
            out["failed_transactions"] += sum(samples.get("failed", 0) for _, _, samples in second.metrics)
            key = lambda number: "{}/{}/{}".format(series[number][0][0], series[number][1], series[number][0][4])
            for number, counts, times in second.ended:
                add(out["series"].setdefault(key(number), {}), counts)
                for measure, samples in times:
                    add_samples(out["samples"], f"{measure}/{key(number)}", samples)
            for metric, number, samples in second.metrics:
                add_samples(out["samples"], f"metric {metric}/{key(number)}", samples)
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
