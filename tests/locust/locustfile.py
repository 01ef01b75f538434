"""The tasks of CONTINUUM's four scenarios for Locust, to hold the plans' mix of requests against another tool's."""

import random
from datetime import datetime, timezone
from pathlib import Path

from locust import HttpUser, between, task

TEXTS = Path(__file__).resolve().parents[2] / "plans" / "shared"
MESSAGES, RESPONSES, QUERIES = (
    (TEXTS / f"{name}.txt").read_text().splitlines() for name in ("messages", "responses", "queries")
)
TYPES = ["concept", "decision", "session", "person", "project", "tool", "topic"]


def now():
    return datetime.now(timezone.utc).isoformat()


class Base(HttpUser):
    abstract = True

    def on_start(self):
        self.client.headers.update({"X-API-Key": "cm_test_key", "X-Tenant-ID": "load_test_1"})
        self.counter = 0
        self.created = []

    def post(self, path, body, name, allowed=(200,)):
        with self.client.post(f"/v1{path}", json=body, name=name, catch_response=True) as answer:
            if answer.status_code in allowed:
                answer.success()
            return answer

    def get(self, path, name, allowed=(200,), **more):
        with self.client.get(f"/v1{path}", name=name, catch_response=True, **more) as answer:
            if answer.status_code in allowed:
                answer.success()
            return answer

    def learn(self, said, answered, name):
        body = {"user_message": said, "ai_response": answered, "metadata": {"source": "load_test"}}
        return self.post("/learn", body, name)


class Memory(Base):
    weight = 20
    wait_time = between(0.1, 2)

    @task(60)
    def recall_memory(self):
        body = {"message": random.choice(MESSAGES), "max_concepts": random.randint(5, 20)}
        self.post("/recall", body, "/recall [READ]")

    @task(20)
    def learn_new_memory(self):
        self.counter += 1
        c = self.counter
        if self.learn(f"{MESSAGES[c % 15]} (instance {c})", RESPONSES[c % 15], "/learn [CREATE]").status_code == 200:
            self.created.append(c)

    @task(15)
    def update_memory(self):
        if self.created:
            c = random.choice(self.created)
            self.learn(f"Update: {MESSAGES[c % 15]}", f"Updated: {RESPONSES[c % 15]}", "/learn [UPDATE]")

    @task(5)
    def get_stats(self):
        self.get("/stats", "/stats [READ]")

    @task(3)
    def list_entities(self):
        self.get(f"/entities?limit={random.randint(10, 100)}&offset=0", "/entities [READ]")

    @task(2)
    def process_turn(self):
        self.counter += 1
        c = self.counter % 15
        body = {"user_message": MESSAGES[c], "ai_response": RESPONSES[c], "max_concepts": 10}
        self.post("/turn", body, "/turn [RECALL+CREATE]")


class Search(Base):
    weight = 30
    wait_time = between(0.05, 1)

    @task(50)
    def semantic_search(self):
        body = {"message": random.choice(QUERIES), "max_concepts": random.randint(10, 50)}
        self.post("/recall", body, "/recall [SEMANTIC]")

    @task(30)
    def complex_semantic_search(self):
        message = " and ".join(random.sample(QUERIES, random.randint(2, 4)))
        self.post("/recall", {"message": message, "max_concepts": 30}, "/recall [COMPLEX]")

    @task(15)
    def entity_search(self):
        kind = random.choice(TYPES)
        self.get(f"/entities?limit={random.randint(20, 100)}&entity_type={kind}", f"/entities [TYPE={kind}]")

    @task(5)
    def pagination_search(self):
        path = f"/entities?offset={random.randint(0, 1000)}&limit={random.randint(10, 100)}"
        self.get(path, "/entities [PAGINATED]")

    @task(10)
    def targeted_recall(self):
        message, limit = QUERIES[self.counter % 15], random.choice([5, 10, 20, 50, 100])
        self.counter += 1
        self.post("/recall", {"message": message, "max_concepts": limit}, f"/recall [LIMIT={limit}]")


class Federation(Base):
    weight = 10
    wait_time = between(0.01, 0.5)

    def contribute(self, node, name):
        c = self.counter % 15
        memory = {"user_message": MESSAGES[c], "ai_response": RESPONSES[c], "timestamp": now()}
        self.post("/federation/contribute", {"node_id": node, "memories": [memory]}, name, (200, 201, 404))

    @task(40)
    def contribute_memory(self):
        self.contribute("node", "/federation/contribute [SYNC]")
        self.counter += 1

    @task(30)
    def request_sync(self):
        body = {"node_id": "node", "since": now(), "limit": random.randint(10, 100)}
        self.post("/federation/request", body, "/federation/request [SYNC]", (200, 404))

    @task(20)
    def discover_peers(self):
        self.get("/federation/peers", "/federation/peers [DISCOVERY]", (200, 404))

    @task(10)
    def simulate_conflict(self):
        self.contribute("node", "/federation/contribute [CONFLICT_A]")
        self.contribute("node_peer", "/federation/contribute [CONFLICT_B]")
        self.counter += 1

    @task(5)
    def send_heartbeat(self):
        body = {"node_id": "node", "timestamp": now(), "status": "active"}
        self.post("/federation/heartbeat", body, "/federation/heartbeat [KEEPALIVE]", (200, 404))


class Realistic(Base):
    weight = 40
    wait_time = between(1, 5)

    def on_start(self):
        super().on_start()
        self.leaning = random.choice(["heavy_reader", "balanced", "content_creator"])

    @task(35)
    def recall_context(self):
        self.post("/recall", {"message": random.choice(MESSAGES), "max_concepts": 10}, "API: /recall")

    @task(15)
    def check_stats(self):
        self.get("/stats", "API: /stats")

    @task(10)
    def browse_entities(self):
        self.get(f"/entities?offset={random.randint(0, 100)}&limit={random.randint(10, 50)}", "API: /entities")

    @task(5)
    def health_check(self):
        self.get("/health", "API: /health", headers={"X-API-Key": None})

    @task(20)
    def learn_from_conversation(self):
        self.counter += 1
        c = self.counter % 15
        self.learn(MESSAGES[c], RESPONSES[c], "API: /learn")

    @task(10)
    def process_full_turn(self):
        self.counter += 1
        c = self.counter % 15
        body = {"user_message": MESSAGES[c], "ai_response": RESPONSES[c], "max_concepts": random.randint(5, 15)}
        self.post("/turn", body, "API: /turn")

    @task(8)
    def semantic_search(self):
        body = {"message": random.choice(QUERIES), "max_concepts": random.randint(10, 30)}
        self.post("/recall", body, "API: /recall [SEARCH]")

    @task(2)
    def complex_search(self):
        message = " and ".join(random.sample(QUERIES, 2))
        self.post("/recall", {"message": message, "max_concepts": 50}, "API: /recall [COMPLEX]")

    @task(5)
    def user_specific_behavior(self):
        if self.leaning == "heavy_reader":
            self.browse_entities()
        elif self.leaning == "content_creator":
            self.learn_from_conversation()
        else:
            random.choice([self.recall_context, self.learn_from_conversation, self.browse_entities])()
