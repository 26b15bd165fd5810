/** The Python files of a folder as they are delivered, by name. */
export function agentFiles(folder: string): Promise<Record<string, string>>;
