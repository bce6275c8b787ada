// What callers share, and what they do not: breakers, the cache, money.

import { setTimeout as sleep } from 'node:timers/promises';

import { same, suite, raises } from './case.mjs';
import { ALICE, BOB, OpenAI, POOR, eventually } from './stand.mjs';
import { TEXT } from './answers.mjs';
import { collected, words } from './streams.mjs';

const test = suite('sharing');

const { APIError, ConflictError, InternalServerError } = OpenAI;

// As many calls at once as that, by one client: how each ended.
async function atOnce(world, count, model, fields = {}, key = ALICE) {
  const client = world.client(key);
  const messages = [{ role: 'user', content: 'Where does the fox jump?' }];
  const call = () => client.chat.completions.create({ model, messages, ...fields }).withResponse();
  return Promise.allSettled(Array.from({ length: count }, call));
}

test('an open breaker does not keep the only target from being asked', async (world) => {
  for (let at = 0; at < 5; at += 1) await raises(InternalServerError, () => world.ask('broken'));
  // Under client-side throttling, which begins with the twentieth attempt of ten seconds.
  for (let at = 0; at < 10; at += 1) await raises(InternalServerError, () => world.ask('broken'));
  same((await world.attempts()).length, 15, 'the number of attempts');
  same(await world.requests(), 15, 'the number of requests of the SDK');
});

test(
  'a breaker keeps nobody from the only target when it is well again',
  async (world) => {
    for (let at = 0; at < 5; at += 1) await raises(InternalServerError, () => world.ask('recovers'));
    await sleep(800); // The breaker opens for half a second, give or take a fifth.
    const got = await atOnce(world, 20, 'recovers');
    // The throttling still counts the five that failed, so that a few of twenty at once may be refused.
    same(got.filter((each) => each.status === 'fulfilled').length >= 10, true, 'whether most were answered');
    await eventually(() => world.ask('recovers').then(() => true, () => false), 'it has recovered');
  },
  { OPEN_FOR: '500ms' },
);

test('a repeated question is answered without upstream', async (world) => {
  const first = await world.ask('cached').withResponse();
  const second = await world.ask('cached').withResponse();
  same([first, second].map((got) => got.response.headers.get('x-ft-cache')), ['miss', 'hit']);
  same(second.data.choices[0].message.content, TEXT);
  same((await world.attempts()).length, 1, 'the number of attempts');
});

test('a streamed hit is a stream like any other', async (world) => {
  await world.ask('cached');
  const asked = { stream: true, stream_options: { include_usage: true } };
  const chunks = await collected(await world.ask('cached', asked));
  same(words(chunks), TEXT);
  same(chunks.filter((chunk) => chunk.usage).map((chunk) => chunk.usage.completion_tokens), [3]);
  same((await world.attempts()).length, 1, 'the number of attempts');
});

test('callers share no answers', async (world) => {
  await world.ask('cached', {}, { key: ALICE });
  await world.ask('cached', {}, { key: BOB });
  same((await world.attempts()).length, 2, 'the number of attempts');
});

test('fifty identical calls at once are one call upstream', async (world) => {
  const got = await atOnce(world, 50, 'cached-slow');
  same(got.filter((each) => each.status === 'rejected'), []);
  same(new Set(got.map((each) => each.value.data.choices[0].message.content)), new Set([TEXT]));
  same((await world.attempts()).length, 1, 'the number of attempts');
  same(await world.requests(), 50, 'the number of requests of the SDK');
});

test('fifty identical streams at once are one call upstream', async (world) => {
  const got = await atOnce(world, 50, 'cached-slow', { stream: true });
  same(got.filter((each) => each.status === 'rejected'), []);
  const said = await Promise.all(got.map(async (each) => words(await collected(each.value.data))));
  same(new Set(said), new Set([TEXT]));
  same((await world.attempts()).length, 1, 'the number of attempts');
});

// Prices are exact decimals; in millionths of a dollar they are whole numbers here.
const micros = (text) => Math.round(Number(text) * 1e6);

test('a budget for ten is not overspent by fifty at once', async (world) => {
  const got = await atOnce(world, 50, 'gpt-4.1-long', { max_tokens: 120 }, POOR);
  const served = got.filter((each) => each.status === 'fulfilled').map((each) => each.value);
  const refused = got.filter((each) => each.status === 'rejected').map((each) => each.reason);
  const costs = served.map((each) => micros(each.response.headers.get('x-ft-cost-usd')));
  same(served.length >= 1 && served.length <= 10, true, `${served.length} were served, which`);
  same(costs.reduce((sum, cost) => sum + cost, 0) <= 10_500, true, `${costs} spent, and within the limit`);
  for (const error of refused) {
    same(error instanceof APIError && [402, 429].includes(error.status), true, `${error}: a refusal`);
    same([error.code, error.headers.get('x-should-retry')], ['budget_exceeded', 'false']);
  }
  same((await world.attempts()).length, served.length, 'the number of attempts');
  same(await world.requests(), 50, 'the number of requests of the SDK');
});

test('one idempotency key for two questions is a conflict', async (world) => {
  const options = { headers: { 'idempotency-key': 'order-19' } };
  const first = world.ask('slow', {}, options);
  const settled = first.then((got) => got.choices[0].message.content);
  await eventually(async () => (await world.attempts()).length === 1, 'the first is under way');
  const error = await raises(ConflictError, () => world.ask('slow', { temperature: 1 }, options));
  same(error.headers.get('x-should-retry'), 'false');
  same(await settled, TEXT);
  same((await world.attempts()).length, 1, 'the number of attempts');
});
