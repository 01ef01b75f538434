"""The two pieces of work for Locust, with its fast client. PEER_WORK is `get` or `post`, PEER_PATH the path."""

import os
import random

from locust import FastHttpUser, constant, task

MESSAGES = ["quantum computers", "reusable rockets", "deep sea cables", "old maps", "new batteries"]
PATH = os.environ["PEER_PATH"]


class Peer(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        if os.environ["PEER_WORK"] == "get":
            self.client.get(PATH)
            return
        body = {"message": random.choice(MESSAGES), "max_concepts": random.randint(5, 20)}
        headers = {"X-API-Key": "cm_test_key"}
        with self.client.post(PATH, json=body, headers=headers, catch_response=True) as answer:
            if answer.status_code != 200 or answer.json()["concepts_found"] < 0:
                answer.failure("not what was expected")
