"""Tests of the simulation: against results of queueing theory, and against what cannot be.

  python3 -m unittest discover -s ops/scale
"""

import random
import unittest
from dataclasses import replace

from deployments import LADDER, monthly_cost, stored_gb
from engine import GroupCommit, Places, QuotaCpu, Servers, Simulation
from search import bound, most, steady, surge
from system import HASH_QUEUE, Kind, Shape, System, percentile
from workload import ASSUMED, DAY, demand, kinds

SMALL = Shape(tasks=1, vcpu=0.25, database_vcpu=2, round_trip=0.0007, commit=0.002, iops=3000)


def mean_wait(make_server, rate, service, many, seed=1):
    """The mean time in the queue of Poisson arrivals."""
    simulation, rng, waits = Simulation(), random.Random(seed), []
    server = make_server(simulation)

    def customer(began):
        takes = service(rng)
        yield server.work(takes)
        waits.append(simulation.now - began - takes)

    time = 0.0
    for _ in range(many):
        time += rng.expovariate(rate)
        simulation.at(time, lambda at=time: simulation.start(customer(at)))
    simulation.run()
    return sum(waits) / len(waits)


def exponential(rng):
    return rng.expovariate(1)


class Theory(unittest.TestCase):
    def test_queues_wait_as_long_as_theory_says(self):
        load, service = 0.7, 0.002
        busy = (2 * load) ** 2 / 2 / (1 - load)
        queues = {  # server, rate, service, how many come, Wq of theory
            "M/M/1": (lambda s: Servers(s, 1), load, exponential, 200_000, load / (1 - load)),
            "M/D/1, half as long": (lambda s: Servers(s, 1), load, lambda _: 1.0, 200_000, load / (2 * (1 - load))),
            "M/M/2, by Erlang's C": (lambda s: Servers(s, 2), 2 * load, exponential, 200_000, busy / (1 + 2 * load + busy) / (2 - 2 * load)),
            "M/D/1, a whole processor": (lambda s: QuotaCpu(s, 1), 0.6 / service, lambda _: service, 100_000, 0.6 * service / 0.8),
        }
        for name, (*queue, expected) in queues.items():
            with self.subTest(name):
                self.assertAlmostEqual(mean_wait(*queue) / expected, 1, delta=0.05)


class Quota(unittest.TestCase):
    def finish(self, share, *works):
        simulation, ends = Simulation(), []
        cpu = QuotaCpu(simulation, share)

        def worker(seconds):
            yield cpu.work(seconds)
            ends.append(round(simulation.now, 9))

        for seconds in works:
            simulation.start(worker(seconds))
        simulation.run()
        return ends

    def test_what_fits_runs_at_full_speed_and_the_rest_stands_still_until_the_next_period(self):
        for work, end in ((0.025, 0.025), (0.030, 0.105), (0.060, 0.210)):
            self.assertEqual(self.finish(0.25, work), [end])

    def test_short_work_is_not_held_up_by_long_work(self):
        self.assertEqual(self.finish(1, 0.030, 0.001), [0.004, 0.031])

    def test_a_share_beyond_a_processor_is_refused(self):
        for share in (0, 1.5):
            self.assertRaises(ValueError, QuotaCpu, Simulation(), share)

    def test_no_more_than_the_share_is_ever_worked(self):
        self.assertAlmostEqual(self.finish(0.25, *[0.01] * 1000)[-1], 10 / 0.25, delta=0.1)


class Waiting(unittest.TestCase):
    def test_whoever_loses_patience_is_sent_away_and_takes_no_place(self):
        simulation, seen = Simulation(), []
        places = Places(simulation, 1, patience=1)

        def guest(stays):
            inside = yield places.enter()
            seen.append((inside, simulation.now))
            if inside:
                yield simulation.pause(stays)
                places.leave()

        for stays in (3, 1):
            simulation.start(guest(stays))
        simulation.at(2.5, lambda: simulation.start(guest(1)))
        simulation.run()
        self.assertEqual(seen, [(True, 0), (False, 3), (True, 3)])
        self.assertEqual(places.held_seconds, 4)

    def test_commits_that_come_during_a_flush_share_the_next(self):
        for times, expected in (([0], ([1.5], 1)), ([0, 0.1, 0.2, 1.4], ([1.5, 3.0, 3.0, 3.0], 2))):
            simulation, ends = Simulation(), []
            log = GroupCommit(simulation, Servers(simulation, 1), seconds=1.0, operation=0.25, writes=2)

            def writer():
                yield log.commit()
                ends.append(simulation.now)

            for time in times:
                simulation.at(time, lambda: simulation.start(writer()))
            simulation.run()
            self.assertEqual((ends, log.flushes), expected)


class Model(unittest.TestCase):
    def after(self, many, *which, shape=SMALL, rate=None):
        """A system that so many requests of these kinds have come to, at once or at that rate."""
        system = System(shape, 1)
        for number in range(many):
            kind = which[number % len(which)]
            system.simulation.at(number / rate if rate else 0.0, lambda kind=kind: system.arrive(kind))
        system.simulation.run()
        self.assertEqual((system.arrived, system.answered + system.refused), (many, many))
        return system

    def test_every_request_is_answered_or_refused(self):
        for rate in (50, int(3 * bound(SMALL))):
            self.after(rate, *kinds().values(), rate=rate)

    def test_the_hash_queue_refuses_what_is_too_much(self):
        login = Kind("login", app=0, database=0.001, round_trips=2, writes=True, hash=0.02)
        self.assertEqual(self.after(HASH_QUEUE + 10, login).refused, 10)

    def test_whoever_gets_no_connection_in_time_is_refused(self):
        slow = Kind("slow", app=0.001, database=1.5, round_trips=1)
        for kind in (slow, replace(slow, writes=True)):
            system = self.after(20, kind, shape=replace(SMALL, variation=0))
            self.assertGreater(system.refused, 0)
            self.assertGreaterEqual(system.answered, 6)

    def test_the_same_seed_gives_the_same_and_another_another(self):
        self.assertEqual(steady(SMALL, 80), steady(SMALL, 80))
        self.assertNotEqual(steady(SMALL, 80), steady(SMALL, 80, seed=1))

    def test_more_load_is_never_faster_and_beyond_the_bound_nothing_is_good(self):
        outcomes = [steady(SMALL, share * bound(SMALL)) for share in (0.2, 0.5, 0.8, 1.1, 1.3)]
        p99 = [outcome.p99 for outcome in outcomes]
        self.assertEqual(p99, sorted(p99))
        self.assertFalse(outcomes[-1].good)

    def test_more_tasks_serve_more(self):
        many = [most(replace(SMALL, tasks=tasks)).rate for tasks in (1, 2, 4)]
        self.assertEqual(many, sorted(set(many)))

    def test_use_is_what_arithmetic_says(self):
        rate = 0.4 * bound(SMALL)
        expected = rate * sum(demand().share(n) * (k.app + k.hash) for n, k in kinds().items()) / SMALL.vcpu
        self.assertAlmostEqual(steady(SMALL, rate, seconds=200.0).app_use / expected, 1, delta=0.05)

    def test_a_surge_brings_tasks_and_none_without_one(self):
        before = 0.45 * bound(SMALL)
        self.assertEqual(surge(SMALL, before, 1, 60.0)[1], 1)
        self.assertGreater(surge(SMALL, before, 2, 60.0)[1], 1)


class Figures(unittest.TestCase):
    def test_percentiles(self):
        self.assertEqual(percentile(range(1, 101), 0.99), 99)
        self.assertEqual(percentile([5], 0.99), 5)

    def test_the_daily_curve_is_a_day_whose_mean_is_one(self):
        curve = ASSUMED["daily_curve"]
        self.assertEqual(len(curve), 24)
        self.assertAlmostEqual(sum(curve) / 24, 1, delta=0.02)
        self.assertLessEqual(max(curve), ASSUMED["peak_factor"])

    def test_rates_and_storage_follow_from_what_users_do(self):
        self.assertAlmostEqual(demand().mean_rate(1000), 1000 * sum(demand().per_day.values()) / DAY)
        self.assertAlmostEqual(stored_gb(2000), 2 * stored_gb(1000))

    def test_costs_rise_with_users_and_with_machines(self):
        cases = [(LADDER[1], users) for users in (1000, 100_000, 10_000_000)], [(replace(LADDER[1], tasks=tasks), 1000) for tasks in (1, 2)]
        for case in cases:
            costs = [sum(monthly_cost(*each).values()) for each in case]
            self.assertEqual(costs, sorted(set(costs)))


if __name__ == "__main__":
    unittest.main()
