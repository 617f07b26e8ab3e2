// node workload: JSON, maps and buffers on the main thread, and the same on two worker threads.
// Usage: workers.js ITEMS
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const zlib = require('zlib');

function work(items, seed) {
  let state = seed;
  let sum = 0;
  const next = (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  const recent = new Map();
  for (let i = 0; i < items; i++) {
    const record = { id: i, tags: [], body: 'b'.repeat(next(400)) };
    for (let k = 0; k < 8; k++) record.tags.push('tag' + next(1000));
    const text = JSON.stringify(record);
    recent.set(next(2000), Buffer.from(text + text + text));
    sum = (sum * 31 + JSON.parse(text).tags.length + text.length) % 2147483647;
    if (i % 16 === 0) {
      const packed = zlib.deflateSync(Buffer.alloc(20000 + next(20000), text), { level: 1 });
      sum = (sum + zlib.inflateSync(packed).length) % 2147483647;
    }
  }
  return sum;
}

if (isMainThread) {
  const items = Number(process.argv[2]);
  const waiting = [1, 2].map((seed) => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { items, seed } });
    worker.on('message', resolve);
    worker.on('error', reject);
  }));
  const own = work(items, 3);
  Promise.all(waiting).then((sums) => {
    const sum = sums.reduce((total, value) => total + value, own);
    console.log('sum ' + sum.toString(16).padStart(16, '0'));
  });
} else {
  parentPort.postMessage(work(workerData.items, workerData.seed));
}
