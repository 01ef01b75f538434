// Holds that an editor helps with plans: the real YAML language server, told of the schema by a plan's first
// line alone, completes, explains and corrects. Speaks the Language Server Protocol on stdio.

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LONGEST_WAIT = 30_000;
const QUIET = 1_000;

/** The start of a good plan: a second key of `recall`, or a section, may follow. */
const PLAN = 'target: http://127.0.0.1\nendpoints:\n  recall:\n    post: /recall\n';

const schema = new URL('../../schemas/plan.schema.json', import.meta.url).href;
const quick = new URL('../../plans/quick.yaml', import.meta.url);
const server = spawn(
  process.execPath,
  [fileURLToPath(new URL('node_modules/.bin/yaml-language-server', import.meta.url)), '--stdio'],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);

// the schema named in the plan is all there is: nothing is looked up on the network
const SETTINGS = {
  yaml: { schemaStore: { enable: false }, validate: true, completion: true, hover: true, schemas: {} },
};

const waiting = new Map();
const told = new Map();
let listeners = [];
let last = 0;
let done = false;

function send(message) {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function notify(method, params) {
  send({ method, params });
}

function request(method, params) {
  last += 1;
  const id = last;
  send({ id, method, params });
  return within(new Promise((resolve, reject) => waiting.set(id, { resolve, reject })), `no answer to ${method}`);
}

/** The promise's value, or an error once it took too long. */
function within(promise, complaint) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${complaint} within ${LONGEST_WAIT / 1000} seconds`)), LONGEST_WAIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function receive(message) {
  const { id, method, params } = message;
  if (method === undefined) {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (message.error) {
      asked?.reject(new Error(`the server refused: ${message.error.message}`));
    } else {
      asked?.resolve(message.result);
    }
  } else if (method === 'textDocument/publishDiagnostics') {
    told.set(params.uri, params.diagnostics);
    listeners.forEach((listener) => listener(params.uri));
  } else if (method === 'workspace/configuration') {
    send({ id, result: params.items.map(({ section }) => SETTINGS[section] ?? null) });
  } else if (id !== undefined) {
    send({ id, result: null });
  }
}

let pending = Buffer.alloc(0);
server.stdout.on('data', (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  for (;;) {
    const end = pending.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(pending.toString('ascii', 0, end))?.[1]);
    if (!Number.isFinite(length)) fail(new Error('the server sent what is no message'));
    if (pending.length < end + 4 + length) return;
    const body = pending.toString('utf8', end + 4, end + 4 + length);
    pending = pending.subarray(end + 4 + length);
    receive(JSON.parse(body));
  }
});
server.on('error', (error) => fail(new Error(`the language server did not start: ${error.message}`)));
server.on('exit', (code) => done || fail(new Error(`the language server ended with ${code}`)));
server.stdin.on('error', () => {}); // told by its exit

function fail(error) {
  done = true;
  console.error(`editor check: ${error.message}`);
  server.kill();
  process.exit(1);
}

function assert(holds, complaint) {
  if (!holds) throw new Error(complaint);
}

/** The diagnostics of a document, once they have not changed for a while. */
function diagnostics(uri) {
  const settled = new Promise((resolve) => {
    let timer;
    const listener = (of) => {
      if (of !== uri) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        listeners = listeners.filter((other) => other !== listener);
        resolve(told.get(uri));
      }, QUIET);
    };
    listeners.push(listener);
    if (told.has(uri)) listener(uri);
  });
  return within(settled, `no diagnostics for ${uri}`);
}

let opened = 0;

/** Opens a plan that names its schema; `|` marks the cursor. */
function open(marked) {
  const text = `# yaml-language-server: $schema=${schema}\n${marked.replace('|', '')}`;
  const before = `\n${marked.slice(0, Math.max(0, marked.indexOf('|')))}`.split('\n');
  opened += 1;
  const uri = new URL(`../../plans/editor_check_${opened}.yaml`, import.meta.url).href;
  notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
  const position = { line: before.length - 1, character: before.at(-1).length };
  return { textDocument: { uri }, position };
}

async function completes(where, marked, wanted) {
  const answer = await request('textDocument/completion', open(marked));
  const labels = (answer?.items ?? answer ?? []).map((item) => item.label);
  for (const label of wanted) {
    assert(labels.includes(label), `${where}, \`${label}\` is not offered, only: ${labels.join(', ') || 'nothing'}`);
  }
}

async function check() {
  await request('initialize', {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: null,
    capabilities: {
      workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
      textDocument: {
        completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
        hover: { contentFormat: ['markdown'] },
        publishDiagnostics: {},
      },
    },
  });
  notify('initialized', {});
  notify('workspace/didChangeConfiguration', { settings: SETTINGS });

  // a wrong key first: while the schema is not in use, it alone would tell
  const wrong = open(`${PLAN}shape: {constant: {users: 1, for: 1s, spwn_rate: 5/s}}\n`);
  const complaints = (await diagnostics(wrong.textDocument.uri)).map((told) => told.message);
  assert(
    complaints.some((message) => message.includes('spwn_rate')),
    `the misspelt key \`spwn_rate\` is not told; told are: ${complaints.join('; ') || 'no problems'}`,
  );

  // the plan as it is, with its own first line
  notify('textDocument/didOpen', {
    textDocument: { uri: quick.href, languageId: 'yaml', version: 1, text: await readFile(quick, 'utf8') },
  });
  const found = await diagnostics(quick.href);
  const lines = found.map(({ range, message }) => `line ${range.start.line + 1}: ${message}`);
  assert(found.length === 0, `plans/quick.yaml is good, yet the editor says: ${lines.join('; ')}`);

  await completes('at the top level', `${PLAN}|`, ['users', 'shape']);
  await completes('at the top level', 'target: http://127.0.0.1\n|', ['endpoints', 'users', 'shape']);
  await completes('inside an endpoint', `${PLAN}    |`, ['expect', 'json']);
  await completes('inside `shape:`', `${PLAN}shape:\n  |`, ['constant']);

  const hover = await request(
    'textDocument/hover',
    open(`${PLAN}shape:\n  constant:\n    users: 1\n    for: 1s\n    spawn|_rate: 5/s\n`),
  );
  const { definitions } = JSON.parse(await readFile(new URL(schema), 'utf8'));
  const text = definitions.Constant.properties.spawn_rate.description;
  const shown = JSON.stringify(hover?.contents ?? '');
  // the server may break or escape the text: its first words stand for it
  const words = text.split(/[.:]/)[0];
  assert(shown.includes(words), `hovering over \`spawn_rate\` does not show "${words}" but: ${shown}`);
}

try {
  await check();
} catch (error) {
  fail(error);
}
done = true;
console.log('the YAML language server completes, explains and corrects plans');
server.kill();
