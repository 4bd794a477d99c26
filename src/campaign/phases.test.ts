import { describe, expect, it } from 'vitest';
import { addPhases, BusyClock, noTime, PHASE_NAMES } from './phases.ts';

describe('phases', () => {
  it('have a name each', () => {
    expect(Object.keys(noTime()).toSorted()).toEqual([...PHASE_NAMES].toSorted());
  });

  it('add up', () => {
    const sum = noTime();
    addPhases(sum, { ...noTime(), compile: 2, link: 1 });
    addPhases(sum, { ...noTime(), compile: 3 });
    expect(sum).toEqual({ ...noTime(), compile: 5, link: 1 });
    // A new one is not the old one.
    expect(noTime().compile).toBe(0);
  });
});

describe('BusyClock', () => {
  it('counts the wait for one answer', () => {
    let now = 100;
    const clock = new BusyClock(() => now);
    now = 130;
    expect(clock.answered(110)).toBe(20);
  });

  it('counts no moment twice where requests wait behind each other', () => {
    let now = 0;
    const clock = new BusyClock(() => now);
    now = 10;
    const first = clock.answered(0);
    now = 25;
    const second = clock.answered(1);
    now = 30;
    const third = clock.answered(2);
    expect([first, second, third]).toEqual([10, 15, 5]);
  });

  it('counts no idle time', () => {
    let now = 10;
    const clock = new BusyClock(() => now);
    clock.answered(0);
    now = 105;
    expect(clock.answered(100)).toBe(5);
  });

  it('never runs backwards', () => {
    let now = 10;
    const clock = new BusyClock(() => now);
    clock.answered(0);
    now = 10;
    expect(clock.answered(20)).toBe(0);
  });
});
