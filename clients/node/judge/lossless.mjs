// What passes through: tools, several answers, log probabilities, refusals, and fields that nobody knows.

import { same, suite } from './case.mjs';
import { collected } from './streams.mjs';

const test = suite('lossless');

const ASK = [{ role: 'user', content: 'What is the weather?' }];
const PARAMETERS = {
  type: 'object',
  properties: { unit: { enum: ['C', 'F'] }, city: { type: 'string' } },
  required: ['city', 'unit'],
  additionalProperties: false,
};
export const TOOL = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather of a city.', strict: true, parameters: PARAMETERS },
};
const PARIS = ['get_weather', '{"city":"Paris","unit":"C"}'];
const ROME = ['get_weather', '{"city":"Rome","unit":"C"}'];

const called = (calls) => calls.map((call) => [call.function.name, call.function.arguments]);

// The message that the SDK's own helper puts together from a stream.
async function accumulated(world, model, fields = {}) {
  const stream = world.client().chat.completions.stream({ model, messages: ASK, ...fields });
  return (await stream.finalChatCompletion()).choices[0].message;
}

test('a tool call comes as sent plain and streamed', async (world) => {
  const plain = (await world.ask('tools', { tools: [TOOL] })).choices[0];
  same(called(plain.message.tool_calls), [PARIS]);
  same([plain.finish_reason, plain.message.content], ['tool_calls', null]);
  const streamed = await accumulated(world, 'tools', { tools: [TOOL] });
  same(called(streamed.tool_calls), [PARIS]);
  same(streamed.tool_calls[0].id, plain.message.tool_calls[0].id);
});

test('a tool definition arrives upstream as sent', async (world) => {
  const fields = { tools: [TOOL], tool_choice: 'required', parallel_tool_calls: false };
  await world.ask('tools', fields);
  const [{ request }] = await world.attempts();
  same({ tools: request.tools, tool_choice: request.tool_choice, parallel_tool_calls: request.parallel_tool_calls }, fields);
  // The order of a schema's fields reaches the model, so it is part of what was sent.
  same(JSON.stringify(request.tools[0].function.parameters), JSON.stringify(PARAMETERS));
});

test('two parallel calls stay two', async (world) => {
  const plain = await world.ask('tools-parallel', { tools: [TOOL] });
  same(called(plain.choices[0].message.tool_calls), [PARIS, ROME]);
  const streamed = await accumulated(world, 'tools-parallel', { tools: [TOOL] });
  same(called(streamed.tool_calls), [PARIS, ROME]);
  same(new Set(streamed.tool_calls.map((call) => call.id)).size, 2, 'the number of ids');
});

test('calls without an index reach the sdks helper whole', async (world) => {
  same(called((await accumulated(world, 'tools-indexless', { tools: [TOOL] })).tool_calls), [PARIS, ROME]);
});

test('two calls that both say index zero are told apart', async (world) => {
  same(called((await accumulated(world, 'tools-index-zero', { tools: [TOOL] })).tool_calls), [PARIS, ROME]);
});

test('two answers come as two', async (world) => {
  const plain = await world.ask('two-answers', { n: 2 });
  same(plain.choices.map((choice) => [choice.index, choice.message.content]), [[0, 'Heads.'], [1, 'Tails.']]);
  const said = ['', ''];
  for (const chunk of await collected(await world.ask('two-answers', { n: 2, stream: true }))) {
    for (const choice of chunk.choices) said[choice.index] += choice.delta.content ?? '';
  }
  same(said, ['Heads.', 'Tails.']);
});

test('log probabilities arrive', async (world) => {
  const fields = { logprobs: true, top_logprobs: 2 };
  const likely = (all) => all.map((each) => [each.token, each.logprob]);
  const plain = (await world.ask('logprobs', fields)).choices[0].logprobs.content;
  same(likely(plain), [['Yes', -0.125], ['.', -0.5]]);
  same(plain[0].top_logprobs.map((each) => each.token), ['Yes', 'No']);
  const chunks = await collected(await world.ask('logprobs', { ...fields, stream: true }));
  same(likely(chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? [])), [['Yes', -0.125], ['.', -0.5]]);
});

test('a refusal is no content', async (world) => {
  const plain = (await world.ask('refuses')).choices[0].message;
  same([plain.content, plain.refusal], [null, 'I cannot help with that.']);
  same((await accumulated(world, 'refuses')).refusal, 'I cannot help with that.');
});

test('a response format is kept and its answer parses', async (world) => {
  const schema = { type: 'object', properties: { name: { type: 'string' }, people: { type: 'integer' } } };
  const format = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } };
  const got = await world.ask('city', { response_format: format });
  same(JSON.parse(got.choices[0].message.content), { name: 'Paris', people: 2100000 });
  same((await world.attempts())[0].request.response_format, format);
});

test('reasoning fields arrive', async (world) => {
  const plain = (await world.ask('reasons', { reasoning_effort: 'low' })).choices[0].message;
  same([plain.content, plain.reasoning_content], ['Seven.', 'Three and four.']);
  const chunks = await collected(await world.ask('reasons', { stream: true }));
  const part = (field) => chunks.map((chunk) => chunk.choices[0]?.delta[field] ?? '').join('');
  same([part('reasoning_content'), part('content')], ['Three and four.', 'Seven.']);
  same((await world.attempts())[0].request.reasoning_effort, 'low');
});

test('fields that nobody knows pass both ways', async (world) => {
  const odd = { x_vendor: { deep: [1, 2.5, null, 'é'] }, prompt_cache_key: 'k', verbosity: 'low' };
  const got = await world.ask('odd', odd);
  const [{ request }] = await world.attempts();
  same(Object.fromEntries(Object.keys(odd).map((name) => [name, request[name]])), odd);
  same([got.x_vendor, got.system_fingerprint, got.service_tier], [{ queue: 0.25 }, 'fp_odd', 'default']);
  same(got.choices[0].message.extra_content, { signature: 'abc' });
  const chunks = await collected(await world.ask('odd', { stream: true }));
  same(chunks[0].x_vendor, { queue: 0.25 });
});

test('an idempotency key reaches upstream', async (world) => {
  await world.ask('ok', {}, { headers: { 'idempotency-key': 'order-17' } });
  same((await world.attempts()).map((attempt) => attempt.idempotency_key), ['order-17']);
});
