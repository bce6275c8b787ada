// The end of the process: streams under way are finished, new requests are not begun.

import { same, suite } from './case.mjs';
import { ALICE, eventually } from './stand.mjs';
import { TEXT } from './answers.mjs';
import { content } from './streams.mjs';

const test = suite('drain');

test('a drain finishes a stream and begins nothing new', async (world) => {
  const words = content(await world.ask('paced', { stream: true }));
  const said = [(await words.next()).value];
  await world.drain();
  const refused = () => world.client(ALICE, { maxRetries: 0, timeout: 2000 }).models.list().then(() => false, () => true);
  await eventually(refused, 'new connections are refused');
  for await (const word of words) said.push(word);
  same(said.join(''), TEXT);
  await eventually(() => world.stopped(), 'the server has ended');
});
