// Runs the gateway's judges in Node: `node run.mjs STAND FT [WORD…]`.
//
// STAND is the built example `stand` of ft-gateway, FT the built binary `ft`, which only Python needs; with words, only
// cases whose names have one of them are run.
// `openai` is taken from `node_modules` beside this file, or from NODE_PATH.

import { run } from './judge/case.mjs';
import { Stand, VERSION } from './judge/stand.mjs';

const [program, , ...only] = process.argv.slice(2);
for (const suite of ['answers', 'streams', 'lossless', 'errors', 'failover', 'sharing', 'access', 'drain']) {
  await import(`./judge/${suite}.mjs`);
}
const stand = await Stand.start(program);
let passed = false;
try {
  passed = await run(stand, `openai ${VERSION} on Node ${process.versions.node}`, only);
} finally {
  stand.close();
}
// A connection that a failed case left open must not keep the run from ending.
process.exit(passed ? 0 : 1);
