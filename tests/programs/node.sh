#!/usr/bin/env bash
# node on Moonheap: worker threads that come and go, with buffers that cross between them.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need node
is_full && rounds=12 || rounds=2

cat >work.js <<'JS'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const { createHash } = require('crypto');
const zlib = require('zlib');

function run(seed) {
	const hash = createHash('sha256');
	let state = seed;
	const draw = (n) => (state = (state * 48271) % 2147483647) % n;
	for (let i = 0; i < 400; i++) {
		const rows = Array.from({ length: 50 }, () => ({ id: draw(1e6), name: 'x'.repeat(draw(80)) }));
		const text = JSON.stringify(rows);
		hash.update(zlib.deflateSync(text)).update(String(JSON.parse(text).length));
		hash.update(Buffer.alloc(draw(20000), draw(256)));
	}
	return hash.digest();
}

if (!isMainThread) {
	const digest = run(workerData);
	const buffer = new Uint8Array(digest).buffer;
	parentPort.postMessage(buffer, [buffer]);
} else {
	(async () => {
		for (let round = 0; round < Number(process.argv[2]); round++) {
			const digests = await Promise.all([1, 2, 3, 4].map((n) => new Promise((done, fail) => {
				const worker = new Worker(__filename, { workerData: round * 10 + n });
				worker.on('message', (b) => done(Buffer.from(b).toString('hex')));
				worker.on('error', fail);
			})));
			console.log(round, digests.join(' '));
		}
	})();
}
JS
served_by_moonheap node -e 0
same "$rounds rounds of 4 workers" node work.js "$rounds"
