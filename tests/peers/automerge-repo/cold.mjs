// A peer of Fieldwatch's benchmarks: automerge-repo, a server and a client in one process over a WebSocket on loopback, stored nowhere.
//
// `node cold.mjs FILE` reads documents (each its length in four bytes, little-endian, then what `save_nocompress` gave), puts them into
// the server, and prints how long a client that knows their ids takes to have them all: {"documents": N, "seconds": S}.
import { readFileSync } from "node:fs";
import { Repo } from "@automerge/automerge-repo";
import { WebSocketClientAdapter, WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { WebSocketServer } from "ws";

const bytes = readFileSync(process.argv[2]);
const documents = [];
for (let at = 0; at < bytes.length; ) {
  const length = bytes.readUInt32LE(at);
  documents.push(bytes.subarray(at + 4, at + 4 + length));
  at += 4 + length;
}

const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await new Promise((ready) => sockets.once("listening", ready));
const server = new Repo({ network: [new WebSocketServerAdapter(sockets)], sharePolicy: async () => false, peerId: "server" });
const urls = documents.map((save) => server.import(new Uint8Array(save)).url);

const begun = performance.now();
const client = new Repo({ network: [new WebSocketClientAdapter(`ws://127.0.0.1:${sockets.address().port}`)], peerId: "client" });
await client.networkSubsystem.whenReady();
const found = await Promise.all(urls.map((url) => client.find(url)));
const seconds = (performance.now() - begun) / 1000;
if (!found.every((handle) => handle.isReady() && handle.heads().length > 0)) {
  throw new Error("not every document came");
}
process.stdout.write(`${JSON.stringify({ documents: documents.length, seconds })}\n`, () => process.exit(0));
