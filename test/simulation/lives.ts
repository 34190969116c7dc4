// Ends what a life leaves waiting. Node holds every signal that AbortSignal.any made for as long as anybody listens to it, and with the listener
// all that it holds: a process takes that with it when it dies, a simulated one that was cut does not, and a thread that runs hundreds of lives
// would fill its memory with dead worlds. Here such a signal ends at the latest with the life that it was made in. Looks at AbortSignal from
// outside: until a life is over its signals are what they always are.

/** Every signal of a life that was composed of others ends when the returned function is called, which begins the next life. */
export function signalsEndWithLives(): () => void {
  const own = AbortSignal.any.bind(AbortSignal);
  let life = new AbortController();
  AbortSignal.any = (signals) => own([...signals, life.signal]);
  return () => {
    const before = life;
    life = new AbortController();
    before.abort(new Error('this life is over'));
  };
}
