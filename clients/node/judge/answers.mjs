// Plain answers: what they say, and who gave them.

import { same, suite, raises } from './case.mjs';
import { OpenAI, raw } from './stand.mjs';

const test = suite('answers');

export const TEXT = 'The quick brown fox jumps over the lazy dog.';

test('a plain answer has its content, usage and request id', async (world) => {
  const got = await world.ask('ok');
  same(got.choices[0].message.content, TEXT);
  same(got.choices[0].finish_reason, 'stop');
  same([got.object, got.model], ['chat.completion', 'ok']);
  const { prompt_tokens, completion_tokens, total_tokens } = got.usage;
  same([prompt_tokens, completion_tokens, total_tokens], [9, 3, 12]);
  same(got.usage.prompt_tokens_details.cached_tokens, 4);
  same(got.usage.completion_tokens_details.reasoning_tokens, 1);
  const [attempt] = await world.attempts();
  same(got._request_id, attempt.request_id);
});

test('raw headers say who served and after how many attempts', async (world) => {
  const { data, response, request_id } = await world.ask('ok').withResponse();
  same(response.headers.get('x-ft-served-by'), 'sim/ok');
  same(response.headers.get('x-ft-tier'), 'only');
  same(response.headers.get('x-ft-attempts'), '1');
  same(['bypass', 'miss'].includes(response.headers.get('x-ft-cache')), true);
  same(request_id, data._request_id);
  same(data.choices[0].message.content, TEXT);
});

test('a target can be asked for by provider and model', async (world) => {
  const got = await world.ask('sim/ok');
  same([got.choices[0].message.content, got.model], [TEXT, 'ok']);
});

test('a model that nobody has is not found', async (world) => {
  const error = await raises(OpenAI.NotFoundError, () => world.ask('no-such-model'));
  same([error.status, error.code, error.param], [404, 'model_not_found', 'model']);
  same([await world.requests(), await world.attempts()], [1, []]);
});

test('a body that is no request is refused before anybody is asked', async (world) => {
  for (const body of [{ model: 'ok' }, { model: 'ok', messages: 'hi' }, { messages: [] }, [], 7]) {
    const { status, headers, text } = await raw(world, body);
    same([400, 404].includes(status), true, `${JSON.stringify(body)}: ${status} ${text}`);
    same(headers.get('x-should-retry'), 'false');
  }
  same(await world.attempts(), []);
});

test('every model is listed', async (world) => {
  const names = [];
  for await (const model of world.client().models.list()) names.push(model.id);
  for (const name of ['ok', 'sim/ok', 'backup/ok', 'down-then-ok']) same(names.includes(name), true, name);
  same((await world.client().models.retrieve('ok')).id, 'ok');
});

test('vectors come in the order of their texts', async (world) => {
  const got = await world.client().embeddings.create({ model: 'vectors', input: ['a fox', 'a dog'] });
  same(got.data.map((row) => [row.index, row.embedding.length]), [[0, 8], [1, 8]]);
});

test('vectors fall through to the same model elsewhere', async (world) => {
  const create = world.client().embeddings.create({ model: 'vectors-down', input: 'a fox' });
  const { data, response } = await create.withResponse();
  same(data.data[0].embedding.length, 8);
  same(response.headers.get('x-ft-served-by'), 'backup/vectors-down');
  same((await world.attempts()).map((attempt) => attempt.provider), ['sim', 'backup']);
});
