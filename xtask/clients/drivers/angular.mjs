// Sends each case of the standard input with a query string made by Angular's own HttpParams.
import "@angular/compiler";
import { HttpParams } from "@angular/common/http";
import { readFileSync } from "node:fs";

const answers = [];
for (const { path, params } of JSON.parse(readFileSync(0, "utf8"))) {
  const query = new HttpParams({ fromObject: Object.fromEntries(params) }).toString();
  const response = await fetch(`${process.env.VERAX_URL}${path}?${query}`, {
    headers: { Authorization: `Bearer ${process.env.VERAX_TOKEN}` },
  });
  answers.push({ status: response.status, body: await response.text() });
}
console.log(JSON.stringify(answers));
