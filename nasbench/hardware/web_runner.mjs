// Runs ONNX files in onnxruntime-web, one line of JSON in, one line out.
//   {"load": path, "shape": [...], "images": [...]}  ->  {"number": n, "logits": [...]}
//   {"time": number, "warm_up": w, "runs": r}        ->  {"cpu_ns": [...], "wall_ns": [...]}
// Anything that fails                                 ->  {"error": text}
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// NODE_PATH and the folder of the caller count, as for `require`.
const resolve = createRequire(join(process.cwd(), "here.js")).resolve;
const ort = (await import(pathToFileURL(resolve("onnxruntime-web")))).default;
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
const loaded = [];

async function load(request) {
  const session = await ort.InferenceSession.create(readFileSync(request.load), {
    executionProviders: ["wasm"],
  });
  const values = Float32Array.from(request.images);
  const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", values, request.shape) };
  const outputs = await session.run(feeds);
  loaded.push({ session, feeds });
  return {
    number: loaded.length - 1,
    logits: Array.from(outputs[session.outputNames[0]].data),
  };
}

async function time(request) {
  const { session, feeds } = loaded[request.time];
  for (let i = 0; i < request.warm_up; i++) await session.run(feeds);
  const cpu_ns = [];
  const wall_ns = [];
  for (let i = 0; i < request.runs; i++) {
    const start = process.hrtime.bigint();
    const before = process.cpuUsage();
    await session.run(feeds);
    const used = process.cpuUsage(before);
    wall_ns.push(Number(process.hrtime.bigint() - start));
    cpu_ns.push((used.user + used.system) * 1000);
  }
  return { cpu_ns, wall_ns };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = "load" in request ? await load(request) : await time(request);
  } catch (error) {
    answer = { error: String(error && error.message ? error.message : error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
