import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A loader for rspack: one Python file becomes a JSON object of it and all those beside it. */
export default async function loadAgent() {
  const folder = path.dirname(this.resourcePath);
  this.addContextDependency(folder);
  const names = (await readdir(folder)).filter(name => name.endsWith('.py'));
  const sources = {};
  for (const name of names.sort()) {
    sources[name] = await readFile(path.join(folder, name), 'utf8');
  }
  return JSON.stringify(sources);
}
