import path from 'node:path';

import { agentFiles } from './agent-source.mjs';

/** A loader for rspack: one Python file becomes a JSON object of it and all those beside it and below. */
export default async function loadAgent() {
  const folder = path.dirname(this.resourcePath);
  this.addContextDependency(folder);
  return JSON.stringify(await agentFiles(folder));
}
