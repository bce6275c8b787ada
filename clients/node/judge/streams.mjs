// Streams: the same words as a plain answer, as they come, and an end that says whether it was one.

import { same, suite } from './case.mjs';
import { TEXT } from './answers.mjs';
import { eventually, raw } from './stand.mjs';

const test = suite('streams');

export async function collected(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export async function* content(stream) {
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content;
    if (text) yield text;
  }
}

export const words = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');

// What stands after `data: ` in each event.
export const events = (text) =>
  text.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(6));

test('a stream says what a plain answer says', async (world) => {
  const plain = await world.ask('ok');
  const chunks = await collected(await world.ask('ok', { stream: true }));
  same(words(chunks), plain.choices[0].message.content);
  same(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason)).filter(Boolean), ['stop']);
  same(new Set(chunks.map((chunk) => chunk.id)).size, 1, 'the number of ids');
  same(chunks.length >= TEXT.split(' ').length, true, 'buffered');
});

test('usage comes once when asked for', async (world) => {
  const asked = { stream: true, stream_options: { include_usage: true } };
  const chunks = await collected(await world.ask('ok', asked));
  const usages = chunks.filter((chunk) => chunk.usage).map((chunk) => chunk.usage);
  same(usages.map((usage) => [usage.prompt_tokens, usage.completion_tokens]), [[9, 3]]);
  same(usages[0].prompt_tokens_details.cached_tokens, 4);
  same(chunks.at(-1).choices, []);
});

test('usage does not come unasked though upstream is asked for it', async (world) => {
  const chunks = await collected(await world.ask('ok', { stream: true }));
  same(chunks.filter((chunk) => chunk.usage || !chunk.choices.length), []);
  const [attempt] = await world.attempts();
  same(attempt.request.stream_options.include_usage, true);
});

test('the wire is events with one done at the end', async (world) => {
  const body = { model: 'ok', messages: [{ role: 'user', content: '?' }], stream: true };
  const { status, headers, text } = await raw(world, body);
  same(status, 200);
  same(headers.get('content-type').startsWith('text/event-stream'), true);
  const said = events(text);
  same([said.filter((event) => event === '[DONE]').length, said.at(-1)], [1, '[DONE]']);
});

test('the first words arrive while upstream is still silent about the rest', async (world) => {
  // Upstream never says more than two words. Were they held until it ends, none would come.
  const stream = await world.ask('holds-after-two', { stream: true });
  const said = content(stream);
  same([(await said.next()).value, (await said.next()).value], ['The ', 'quick ']);
  same((await world.attempts())[0].outcome, 'open');
  stream.controller.abort();
});

test('a streams headers say who serves', async (world) => {
  const { data, response } = await world.ask('ok', { stream: true }).withResponse();
  same(response.headers.get('x-ft-served-by'), 'sim/ok');
  same(response.headers.get('x-ft-attempts'), '1');
  same(Boolean(response.headers.get('x-request-id')), true);
  same(words(await collected(data)), TEXT);
});

test('keep alives and a bom from upstream do no harm', async (world) => {
  same(words(await collected(await world.ask('chatty', { stream: true }))), TEXT);
});

test('a missing done after a finish reason is made good', async (world) => {
  const body = { model: 'no-done', messages: [{ role: 'user', content: '?' }], stream: true };
  same(events((await raw(world, body)).text).at(-1), '[DONE]');
  same(words(await collected(await world.ask('no-done', { stream: true }))), TEXT);
});

test('a caller who leaves is noticed upstream and nothing stays in flight', async (world) => {
  const stream = await world.ask('holds-after-two', { stream: true });
  await content(stream).next();
  same(await world.metric('ai_api_in_flight', { model: 'holds-after-two' }), 1);
  stream.controller.abort();
  await eventually(async () => (await world.attempts())[0].outcome === 'caller_left', 'upstream saw us leave');
  await eventually(
    async () => (await world.metric('ai_api_in_flight', { model: 'holds-after-two' })) === 0,
    'nothing is in flight',
  );
});

test('a caller who leaves the loop over a stream is noticed upstream', async (world) => {
  for await (const word of content(await world.ask('holds-after-two', { stream: true }))) {
    same(word, 'The ');
    break;
  }
  await eventually(async () => (await world.attempts())[0].outcome === 'caller_left', 'upstream saw us leave');
});
