/**
 * One writer at a time for a folder; given back when it is disposed or the process dies.
 * @throws Deno.errors.NotFound without the folder
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  const file = await Deno.open(folder, { read: true });
  await file.lock(true);
  return { [Symbol.dispose]: () => file.close() };
}
