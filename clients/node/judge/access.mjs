// Who may ask, and for what.

import { same, suite, raises } from './case.mjs';
import { NARROW, OpenAI, raw } from './stand.mjs';

const test = suite('access');

test('a wrong key is an authentication error and nobody is asked', async (world) => {
  for (const key of ['ft-stand-nobody-0123456789', 'x']) {
    const error = await raises(OpenAI.AuthenticationError, () => world.ask('ok', {}, { key }));
    same([error.status, error.code], [401, 'invalid_api_key']);
    same(error.headers.get('x-should-retry'), 'false');
  }
  same([await world.requests(), await world.attempts()], [2, []]);
});

test('without a key nothing is answered', async (world) => {
  const body = { model: 'ok', messages: [{ role: 'user', content: '?' }] };
  same((await raw(world, body, { headers: { authorization: '' } })).status, 401);
  await raises(OpenAI.AuthenticationError, () => world.client('nobody').models.list());
  same(await world.attempts(), []);
});

test('a caller of one chain gets no other', async (world) => {
  same((await world.ask('ok', {}, { key: NARROW })).model, 'ok');
  const error = await raises(OpenAI.APIError, () => world.ask('two-answers', {}, { key: NARROW }));
  same([403, 404].includes(error.status), true, `${error.status}, a refusal`);
  same((await world.attempts()).length, 1, 'the number of attempts');
});
