/** Another id of the same form: the last two characters are others. */
export function otherId(id: string): string {
  return id.slice(0, -2) + (id.endsWith('aa') ? 'ba' : 'aa');
}
