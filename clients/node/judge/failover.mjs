// A first target that fails, and what the caller sees of it: nothing, until something has been said.

import { same, suite, raises } from './case.mjs';
import { OpenAI } from './stand.mjs';
import { TEXT } from './answers.mjs';
import { collected, content, words } from './streams.mjs';

const test = suite('failover');

async function fellThrough(world, model, stream) {
  const { data, response } = await world.ask(model, { stream }).withResponse();
  same(stream ? words(await collected(data)) : data.choices[0].message.content, TEXT);
  same(response.headers.get('x-ft-served-by'), 'backup/ok');
  same(response.headers.get('x-ft-tier'), 'second');
  same(response.headers.get('x-ft-attempts'), '2');
  same(await world.requests(), 1, 'the number of requests of the SDK');
  same((await world.attempts()).map((attempt) => attempt.provider), ['sim', 'backup']);
}

test('a 503 falls through and headers log and metrics agree', async (world) => {
  await fellThrough(world, 'down-then-ok', false);
  same(await world.metric('ai_api_attempts_total', { model: 'down' }), 1);
  same(await world.metric('ai_api_attempts_total', { provider: 'backup', model: 'ok' }), 1);
  same(await world.metric('ai_api_fallbacks_total'), 1);
});
test('a 503 falls through for a stream too', (world) => fellThrough(world, 'down-then-ok', true));
test('a death before the first words is unseen', (world) => fellThrough(world, 'dies-then-ok', true));
test('a death in the middle of a plain answer is unseen', (world) => fellThrough(world, 'dies-then-ok', false));
test('silence before the first words is unseen', (world) => fellThrough(world, 'silent-then-ok', true));
test('a refused key falls through', (world) => fellThrough(world, 'key-refused-then-ok', false));
test('a spent quota falls through', (world) => fellThrough(world, 'quota-then-ok', false));
test('throttling falls through', (world) => fellThrough(world, 'throttled-then-ok', true));

test('the callers mistake does not fall through', async (world) => {
  await raises(OpenAI.BadRequestError, () => world.ask('bad-request-then-ok'));
  same((await world.attempts()).map((attempt) => attempt.provider), ['sim']);
});

test('when all are down the emergency answer says that it is one', async (world) => {
  const { data, response } = await world.ask('all-down').withResponse();
  same(data.choices[0].message.content, 'Nobody can answer right now.');
  same(response.headers.get('x-ft-tier'), 'emergency');
});

// What was said before the error that the stream ends with.
async function brokeOff(world, model, code) {
  const said = [];
  const before = await world.requests();
  const stream = await world.ask(model, { stream: true });
  const error = await raises(OpenAI.APIError, async () => {
    for await (const word of content(stream)) said.push(word);
  });
  if (code) same(error.code, code, 'the code');
  same((await world.requests()) - before, 1, 'the number of requests of the SDK');
  return said.join('');
}

test('a death after two words is an error and repeats nothing', async (world) => {
  for (const model of ['cut-after-two', 'resets-after-two']) {
    same(await brokeOff(world, `${model}-then-ok`, 'upstream_stream_truncated'), 'The quick ');
  }
  same(new Set((await world.attempts()).map((attempt) => attempt.provider)), new Set(['sim']));
});

test('a stream that ends without a finish reason is an error', async (world) => {
  same(await brokeOff(world, 'truncated', 'upstream_stream_truncated'), TEXT);
});

test('an error inside a stream is an error', async (world) => {
  same(await brokeOff(world, 'error-after-two'), 'The quick ');
});

test('a malformed event is an error', async (world) => {
  same(await brokeOff(world, 'malformed-at-three', 'upstream_stream_garbled'), 'The quick ');
});

// This SDK's own timeout does not bound the body of a stream: without ours it would wait for ever.
test('a stream that stands still is ended by us', async (world) => {
  same(await brokeOff(world, 'stalls', 'upstream_stream_stalled'), 'The quick ');
});

test('a stream that drips byte by byte is given to its end', async (world) => {
  // Each event takes longer than the idle time, and no byte of it does.
  same(words(await collected(await world.ask('drips', { stream: true }))), TEXT);
});

test('with commit complete a broken stream is unseen', async (world) => {
  const options = { headers: { 'x-ft-commit': 'complete' } };
  const stream = await world.ask('cut-after-two-then-ok', { stream: true }, options);
  same(words(await collected(stream)), TEXT);
});
