"""A few calls of a memory service, for the CSV files in this folder; see `make`."""

import os

from locust import HttpUser, between, task

LIMIT = float(os.environ.get("LIMIT", "10"))


class User(HttpUser):
    wait_time = between(0.1, 0.5)

    def on_start(self):
        self.client.headers.update({"X-API-Key": "cm_test_key"})

    @task(3)
    def recall(self):
        body = {"message": "What did Ada decide about Redis?", "max_concepts": 10}
        self.client.post("/v1/recall", json=body, name="/recall [READ]", timeout=LIMIT)

    @task(2)
    def stats(self):
        self.client.get("/v1/stats", name="/stats", timeout=LIMIT)

    @task(1)
    def learn(self):
        body = {"user_message": "Ada chose Redis.", "ai_response": "Noted.", "metadata": {}}
        self.client.post("/v1/learn", json=body, name='/learn "new", [CREATE]', timeout=LIMIT)


class Idle(HttpUser):
    """Never asks for anything."""

    wait_time = between(0.1, 0.5)

    @task
    def nothing(self):
        pass


class Broken(HttpUser):
    """Fails before it asks, every other time."""

    wait_time = between(0.1, 0.5)

    @task
    def health(self):
        self.client.get("/v1/health", timeout=LIMIT)

    @task
    def stumble(self):
        raise ValueError("no conversation is left")
