// Errors: the right class and code for each, and one request of the SDK for each final one.
//
// Without `x-should-retry: false` an SDK sends three requests where one was enough.

import { same, suite, raises } from './case.mjs';
import { OpenAI } from './stand.mjs';

const test = suite('errors');

const { APIError, BadRequestError, InternalServerError, NotFoundError, RateLimitError, UnprocessableEntityError } = OpenAI;

// Upstream's answer, and what the caller's SDK makes of ours: class, status and code, where one is expected.
const ROWS = {
  'bad-request': [BadRequestError, 400, 'invalid_value'],
  'too-long': [BadRequestError, 400, 'context_length_exceeded'],
  filtered: [BadRequestError, 400, 'content_filter'],
  'too-large': [APIError, 413],
  unprocessable: [UnprocessableEntityError, 422],
  forbidden: [APIError],
  gone: [NotFoundError, 404, 'model_not_found'],
  throttled: [RateLimitError, 429, 'rate_limit_exceeded'],
  'key-refused': [InternalServerError, 503, 'upstream_auth'],
  unpaid: [InternalServerError, 503, 'upstream_quota_exhausted'],
  quota: [InternalServerError, 503, 'upstream_quota_exhausted'],
  broken: [InternalServerError, 502, 'upstream_error'],
  down: [InternalServerError, 503, 'upstream_overloaded'],
  html: [InternalServerError, 502, 'upstream_error'],
  resets: [InternalServerError, 502, 'upstream_error'],
  empty: [InternalServerError, 502, 'upstream_error'],
  garbled: [InternalServerError, 502, 'upstream_error'],
  'error-in-200': [InternalServerError],
  silent: [InternalServerError, 504, 'upstream_timeout'],
};

for (const [model, [kind, status, code]] of Object.entries(ROWS)) {
  for (const stream of [false, true]) {
    test(`${model} ${stream ? 'streamed' : 'plain'} has its class and code`, async (world) => {
      const error = await raises(kind, () => world.ask(model, { stream }));
      if (status) same(error.status, status, 'the status');
      if (code) same(error.code, code, 'the code');
      same(Boolean(error.message && error.requestID), true, 'whether it has a message and an id');
      same(error.headers.get('x-should-retry'), 'false');
      same(await world.requests(), 1, 'the number of requests of the SDK');
      same((await world.attempts()).length, 1, 'the number of attempts upstream');
    });
  }
}

test('a throttled caller is told how long', async (world) => {
  const error = await raises(RateLimitError, () => world.ask('throttled'));
  const seconds = Number(error.headers.get('retry-after'));
  same(seconds >= 1 && seconds <= 7, true, `a retry-after of ${seconds}`);
});

test('an upstreams words about a bad request reach the caller', async (world) => {
  const error = await raises(BadRequestError, () => world.ask('bad-request'));
  same([error.param, error.type], ['temperature', 'invalid_request_error']);
  same(error.message.includes('between 0 and 2'), true, error.message);
});

test('a deadline of the callers own ends the call', async (world) => {
  const ask = () => world.ask('hangs', {}, { headers: { 'x-ft-deadline': '300ms' } });
  same((await raises(InternalServerError, ask)).status, 504);
  same(await world.requests(), 1, 'the number of requests of the SDK');
});

test('the sdks own timeout bounds the call so that it gets our error', async (world) => {
  same((await raises(InternalServerError, () => world.ask('hangs', {}, { timeout: 2000 }))).status, 504);
  same(await world.requests(), 1, 'the number of requests of the SDK');
});
