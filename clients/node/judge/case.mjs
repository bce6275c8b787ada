// Cases, and the runner that gives each one a world of its own.

import assert from 'node:assert/strict';

// A case that takes longer hangs, and that is a failure like any other.
const LIMIT = 60_000;

const CASES = [];

// Makes a function of a suite that adds a case to it. A case's name is the sentence it proves.
export const suite = (name) => (sentence, body, variables = {}) =>
  CASES.push({ name: `${name}::${sentence.replaceAll(' ', '_')}`, body, variables });

export async function run(stand, label, only) {
  const chosen = CASES.filter(({ name }) => !only.length || only.some((word) => name.includes(word)));
  console.log(`running ${chosen.length} tests with ${label}`);
  const begun = performance.now();
  const failures = [];
  for (const each of chosen) {
    const failure = await outcome(stand, each);
    console.log(`test node.${each.name} ... ${failure ? 'FAILED' : 'ok'}`);
    if (failure) failures.push([each.name, failure]);
  }
  for (const [name, failure] of failures) console.log(`\n---- ${label}: ${name}\n${failure}`);
  const took = ((performance.now() - begun) / 1000).toFixed(2);
  const word = failures.length ? 'FAILED' : 'ok';
  console.log(
    `\ntest result: ${word}. ${chosen.length - failures.length} passed; ${failures.length} failed; 0 ignored; ` +
      `0 measured; 0 filtered out; finished in ${took}s`,
  );
  return !failures.length;
}

// Undefined, or how the case failed.
async function outcome(stand, { body, variables }) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${LIMIT / 1000} s`)), LIMIT);
  });
  try {
    const world = await stand.world(variables);
    try {
      await Promise.race([body(world), late]);
    } finally {
      await world.close();
    }
  } catch (error) {
    return error?.stack ?? String(error);
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

export const same = (seen, wanted, what) =>
  assert.deepEqual(seen, wanted, what && `${what} is ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`);

// The error of this class that the function ends with.
export async function raises(kind, body) {
  let got;
  try {
    got = await body();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`no ${kind.name}, but ${JSON.stringify(got)}`);
}
