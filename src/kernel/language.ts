/** Whether a kernelspec, or a kernel, says that it speaks Python. */
export function isPythonLanguage(language: string): boolean {
  return language.toLowerCase() === 'python';
}
