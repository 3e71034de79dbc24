// Sends each case of the standard input with axios: `node axios.mjs axios` or `… axios-0`.
import { readFileSync } from "node:fs";

const { default: axios } = await import(process.argv[2]);
const answers = [];
for (const { path, params } of JSON.parse(readFileSync(0, "utf8"))) {
  const { status, data } = await axios.request({
    method: "get",
    url: process.env.VERAX_URL + path,
    headers: { Authorization: `Bearer ${process.env.VERAX_TOKEN}` },
    params: Object.fromEntries(params),
    responseType: "text",
    transformResponse: (text) => text,
    validateStatus: () => true,
  });
  answers.push({ status, body: data });
}
console.log(JSON.stringify(answers));
