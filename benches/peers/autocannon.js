// The two pieces of work for autocannon: node autocannon.js MODULE get|post URL SECONDS. Prints good and bad answers as JSON.
const [module_, work, url, seconds] = process.argv.slice(2);
const autocannon = require(module_);
const messages = ["quantum computers", "reusable rockets", "deep sea cables", "old maps", "new batteries"];
let bad = 0;
const post = {
  method: "POST",
  headers: { "content-type": "application/json", "X-API-Key": "cm_test_key" },
  setupRequest: (request) => ({
    ...request,
    body: JSON.stringify({
      message: messages[Math.floor(Math.random() * messages.length)],
      max_concepts: 5 + Math.floor(Math.random() * 16),
    }),
  }),
  onResponse: (status, body) => {
    if (status !== 200 || !(JSON.parse(body).concepts_found >= 0)) bad += 1;
  },
};
const options = { url, connections: 64, duration: Number(seconds) };
if (work === "post") options.requests = [post];
autocannon(options, (error, result) => {
  if (error) throw error;
  console.log(JSON.stringify({ good: result["2xx"], bad: bad + result.non2xx + result.errors }));
});
