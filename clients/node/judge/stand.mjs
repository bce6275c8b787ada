// The stand: the process that the gateway and its scripted upstream run in, and one world of it.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// `import` does not look into NODE_PATH; `require` does.
const require = createRequire(import.meta.url);
export const OpenAI = require('openai').OpenAI;
export const VERSION = require('openai/version').VERSION;

// Keys of the callers in the stand's configuration; it holds their hashes only.
export const ALICE = 'ft-stand-alice-0123456789';
export const BOB = 'ft-stand-bob-0123456789';
export const POOR = 'ft-stand-poor-0123456789';
export const NARROW = 'ft-stand-narrow-0123456789';

// The longest that anything may take that takes no time of its own.
const PATIENCE = 20_000;

export class Stand {
  // The process ends with its standard input, so that it cannot outlive us.
  static async start(program) {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const [line] = await new Promise((resolve, reject) => {
      lines.once('line', (line) => resolve([line]));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the stand ended with ${code}`)));
    });
    const stand = new Stand();
    Object.assign(stand, { child, control: JSON.parse(line).control });
    return stand;
  }

  // A gateway and an upstream of its own, in which nothing has happened yet.
  async world(variables) {
    return new World(this.control, await call('POST', `${this.control}/worlds`, variables));
  }

  close() {
    this.child.stdin.end();
  }
}

class World {
  constructor(control, made) {
    this.home = `${control}/worlds/${made.id}`;
    this.url = made.url;
  }

  // An SDK client as an application makes it: another base URL and key, nothing else.
  client(key = ALICE, options = {}) {
    return new OpenAI({ baseURL: this.url, apiKey: key, timeout: PATIENCE, ...options });
  }

  ask(model, fields = {}, { key = ALICE, ...options } = {}) {
    const messages = [{ role: 'user', content: 'Where does the fox jump?' }];
    return this.client(key).chat.completions.create({ model, messages, ...fields }, options);
  }

  // What upstream saw, in the order of arrival.
  async attempts(model) {
    const { attempts } = await call('GET', `${this.home}/log`);
    return attempts.filter((attempt) => model === undefined || attempt.model === model);
  }

  // The number of chat requests that the gateway got.
  async requests() {
    return (await call('GET', `${this.home}/requests`)).requests.chat;
  }

  // Ends the gateway as SIGTERM does.
  drain() {
    return call('POST', `${this.home}/drain`, {});
  }

  async stopped() {
    return (await call('GET', `${this.home}/stopped`)).stopped;
  }

  // The sum of a metric's series that have these labels.
  async metric(name, labels = {}) {
    const text = await (await fetch(`${this.url.slice(0, -3)}/metrics`, { headers: { authorization: `Bearer ${ALICE}` } })).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    if (!lines.length) throw new Error(`there is no metric ${name}`);
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return lines
      .filter((line) => wanted.every((part) => line.includes(part)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  close() {
    return call('DELETE', this.home);
  }
}

async function call(method, url, body) {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// One chat request without the SDK: status, headers and the whole body as text.
export async function raw(world, body, { key = ALICE, headers = {} } = {}) {
  const answer = await fetch(`${world.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

// Waits until this is true; for what another process is about to notice.
export async function eventually(fact, what) {
  const until = Date.now() + PATIENCE;
  while (!(await fact())) {
    if (Date.now() > until) throw new Error(`never came true: ${what}`);
    await sleep(20);
  }
}
