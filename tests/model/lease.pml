/*
 * The lease and the journal of one group: two runs in opposite directions, one of them with a standing plan, a boot
 * script, deaths, lost and late answers, refusals, and in the end one `failover resume` in peace. Spin goes through
 * every interleaving.
 *
 * Above each inline stands the code that it is a model of; test_model.py holds those names, and the events',
 * against the code. What the model leaves out, and why that is no loss:
 * - Clocks. A waiter takes over a full lease after the last write that it saw; a holder counts nine tenths of a
 *   lease from before that write, less a second, and then stops. So its look at the clock passes only while nobody
 *   has taken over (and may fail at any time), and a lease may be taken over at any time.
 * - The way from that look to AWS, which is shorter than what those margins leave, unless the process is suspended
 *   just there. EC2 knows no fencing number. -DPAUSE shows what it costs.
 * - Suspension anywhere else: it is the same as being overtaken by everybody, which Spin tries at every step.
 * - Numbers and versions that grow without end. Of a fencing number only matters who has the newest, of a version
 *   whether it is the row's present one: one bit for each controller, cleared by every write.
 * What it does leave out: reads of AWS that are older than its writes, health, several addresses at once.
 *
 * -DTWO_CALLS  the address is freed and then taken (eni, ipv6); else one call does both
 * -DBOOT       a third controller, which takes the address only from nobody
 */

#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef REFUSALS
#define REFUSALS 1
#endif
#ifndef RENEWALS
#define RENEWALS 0
#endif

/* where the address is */
#define NOWHERE 0
#define DB_1 1
#define DB_2 2
#define ANYWHERE 3

/* EventName */
#define RUN_STARTED 1
#define STEPS_STARTED 2
#define STEP_DONE 4
#define STEP_FAILED 8
#define STEP_UNDONE 16
#define RUN_HELD 32
#define VERIFIED 64
#define VERIFICATION_FAILED 128
#define RUN_ENDED 256

/* how a request ended for who made it */
#define TAKEN 1
#define OTHER_VERSION 2
#define UNANSWERED 3
#define REFUSED 4
#define ELSEWHERE 5

/* why a run began */
#define MANUAL 1
#define STANDING 2
#define RECLAIM 3
#define RESUME 4

#define CONTROLLERS 4
#define LAST 3
#define ME (1 << me)

/* LeaseRow: what its last write was, and who knows what of it */
bool row_released = true;
short row_events;
byte newest; /* has the newest fencing number */
byte holding; /* knows the row's version as the one it wrote */
byte arrived; /* wrote it, and was never told */
byte fresh; /* has read the world since the row was written */

/* History: how many runs are open, bit n for the n-th that wants db-2; what the last one has announced */
byte open_runs;
byte wishes;
byte told;
byte unchanged; /* has read which run was open, and it still is */
byte whole_at = DB_1;

/* AWS */
byte place = DB_1;

/* writes of the ledger on their way, their callers told nothing; each can only arrive while the row is as it was */
typedef Write {
    bool sent;
    bool acquires;
    bool releases;
    short events;
    byte wish
};
Write late[CONTROLLERS];

byte deaths;
byte losses;
byte refusals;
byte renewals;
byte over;
bool calm;

#define FAULTY !calm

/* how many calls with an old number a process may make before it stops; -DOLD_CALLS=1 looks for a second one */
#ifndef OLD_CALLS
#define OLD_CALLS 0
#endif

/* The condition on the row's version, in the one transaction that writes lease and events. */
#ifdef APPENDS_UNCONDITIONALLY
#define MAY_WRITE(acquires, releases) ((holding & ME) || !((acquires) || (releases)))
#endif
#ifdef RELEASES_UNCONDITIONALLY
#define MAY_WRITE(acquires, releases) ((holding & ME) || (releases))
#endif
#ifndef MAY_WRITE
#define MAY_WRITE(acquires, releases) (holding & ME)
#endif

/* With nothing open in the journal the address is where the journal says: never nowhere and forgotten. */
inline observe() {
    assert(OLD_CALLS != 0 || open_runs != 0 || place == whole_at)
}

inline discard(n) {
    late[n].sent = false;
    late[n].acquires = false;
    late[n].releases = false;
    late[n].events = 0;
    late[n].wish = 0
}

/* rows.event_items, read again by History.unfinished */
inline tell(w_events, w_wish) {
    if
    :: ((w_events) & RUN_STARTED) ->
        assert(open_runs < 7);
        wishes = wishes | ((w_wish - DB_1) << open_runs);
        open_runs++;
        told = 0
    :: else
    fi;
    if
    :: ((w_events) & STEPS_STARTED) -> told++
    :: else
    fi;
    assert(!((w_events) & RUN_ENDED) || open_runs != 0);
    if
    :: ((w_events) & RUN_ENDED) && ((w_events) & (VERIFIED | VERIFICATION_FAILED)) ->
        whole_at = DB_1 + ((wishes >> (open_runs - 1)) & 1);
        open_runs = 0;
        wishes = 0
    :: ((w_events) & RUN_ENDED) && !((w_events) & (VERIFIED | VERIFICATION_FAILED)) ->
        open_runs--;
        wishes = wishes & ((1 << open_runs) - 1)
    :: else
    fi;
    if
    :: ((w_events) & (RUN_STARTED | RUN_ENDED)) -> unchanged = 0
    :: else
    fi
}

/* A write takes effect: whoever else knew the row does not know it now, and what was on its way comes too late. */
inline put(w_acquires, w_releases, w_events, w_wish) {
    row_released = w_releases;
    row_events = w_events;
    if
    :: w_acquires ->
#ifndef SAME_NUMBER
        newest = 0;
#endif
        told = 0
    :: else
    fi;
    holding = 0;
    arrived = 0;
    fresh = 0;
    discard(0);
    discard(1);
    discard(2);
    tell(w_events, w_wish);
    observe()
}

/* The process ends before it sends a request; a death after the effect is one before the next request. */
inline die() {
    d_step { FAULTY && deaths < DEATHS -> deaths++; cause = RESUME };
    goto go
}

/* StateTable.write */
inline write(w_acquires, w_releases, w_events) {
    if
    :: d_step {
        MAY_WRITE(w_acquires, w_releases) ->
        /* nobody writes with an old number; what is taken up is what was left open */
        assert(w_acquires || (newest & ME));
        assert(!((w_events) & RUN_STARTED) || cause != RESUME || (unchanged & ME));
        put(w_acquires, w_releases, w_events, wish);
        holding = ME;
        answer = TAKEN
    }
    :: d_step { !MAY_WRITE(w_acquires, w_releases) -> answer = OTHER_VERSION }
    :: d_step {
        FAULTY && losses < LOSSES && (holding & ME) ->
        losses++;
        late[me].sent = true;
        late[me].acquires = w_acquires;
        late[me].releases = w_releases;
        late[me].events = w_events;
        late[me].wish = wish;
        answer = UNANSWERED
    }
    :: d_step { FAULTY && losses < LOSSES -> losses++; answer = UNANSWERED }
    :: die()
    fi
}

/* DynamoLedger._record with DynamoLedger._arrived, repeated by pacing.persist */
inline persist(w_releases, w_events) {
    do
    :: atomic {
        write(false, w_releases, w_events);
        if
        :: answer == TAKEN -> break
        :: answer == OTHER_VERSION && (arrived & ME) ->
            arrived = 0;
            holding = ME;
            if
            :: row_released == w_releases && row_events == (w_events) -> answer = TAKEN; break
            :: else
            fi
        :: answer == OTHER_VERSION && !(arrived & ME) ->
            /* only somebody with a newer number makes a write fail */
            assert(!(newest & ME));
            break
        :: answer == UNANSWERED
        :: answer == UNANSWERED -> break
        fi
    }
    od
}

/* Tenure._still_ours */
inline still_ours() {
    if
    :: (newest & ME)
    :: FAULTY || !(newest & ME) -> goto stopped
    fi
}

/* Tenure.check, which may DynamoLedger.renew; its last look at the clock is in one step with the call */
inline check() {
    if
    :: true
    :: atomic { FAULTY && renewals < RENEWALS -> renewals++; persist(false, 0) };
        if
        :: answer == TAKEN
        :: else -> goto stopped
        fi
    fi
}

/* Tenure.record, which is DynamoLedger.append */
inline record(events) {
    atomic {
        persist(false, events);
        if
        :: answer == TAKEN
        :: else -> goto stopped
        fi
    }
}

/* Tenure.close, which is DynamoLedger.release */
inline close(events) {
    persist(true, events)
}

/* Cloud.call, as it arrives */
inline affect(to) {
    if
    :: (newest & ME) ->
        /* its plan is in the journal, and was made of the world as it is */
        assert(open_runs != 0 && told >= stage);
        assert(OLD_CALLS != 0 || stage != 1 || place == seen_place)
    :: else ->
        old_calls++;
        assert(old_calls <= OLD_CALLS)
    fi;
    place = to;
    observe()
}

/* Stepper._call, Stepper._done_after and Stepper._where */
inline call(from, to) {
    do
    :: check();
        atomic {
#ifndef NO_CHECK
            still_ours();
#endif
#ifdef PAUSE
        };
        atomic {
#endif
            if
            :: d_step { from == ANYWHERE || place == from -> affect(to); answer = TAKEN }
            :: d_step { from != ANYWHERE && place != from -> answer = ELSEWHERE }
            :: d_step {
                FAULTY && losses < LOSSES && (from == ANYWHERE || place == from) ->
                losses++;
                affect(to);
                answer = UNANSWERED
            }
            :: d_step { FAULTY && losses < LOSSES -> losses++; answer = UNANSWERED }
            :: d_step { FAULTY && refusals < REFUSALS -> refusals++; answer = REFUSED }
            :: die()
            fi
        };
        if
        :: d_step { answer == TAKEN -> touched = true };
            break
        :: answer == REFUSED -> break
        :: d_step { (answer == UNANSWERED || answer == ELSEWHERE) && place == to -> touched = true; answer = TAKEN };
            break
        :: d_step { answer == UNANSWERED && place != to -> touched = true }
        :: d_step { answer == UNANSWERED && place != to -> touched = true; answer = ELSEWHERE };
            break
        :: answer == ELSEWHERE && place != to -> break
        fi
    od
}

/* Thinker.gather, and Ledger.history beside it */
inline gather() {
    d_step {
        seen_place = place;
        seen_open = (open_runs != 0);
        fresh = fresh | ME
    }
}

/* DynamoLedger.acquire: a look and a write, repeated by pacing.persist */
inline acquire(events) {
    do
    :: atomic {
        if
        :: (arrived & ME) -> known = false; arrived = 0; holding = ME; answer = TAKEN
        :: !(arrived & ME) && FAULTY && !row_released -> goto ended
        :: !(arrived & ME) ->
            /* Tenure.previous_within: reads are as good as if made now when nobody wrote or could act since */
            known = row_released && (fresh & ME);
            holding = holding | ME;
            write(true, false, events)
        fi;
        if
        :: answer == TAKEN ->
            newest = newest | ME;
            assert((newest & (newest - 1)) == 0);
            break
        :: answer == UNANSWERED
        :: answer == UNANSWERED -> goto ended
        fi
    }
    od
}

inline begin() {
    d_step {
        newest = newest & ~ME;
        holding = holding & ~ME;
        arrived = arrived & ~ME;
        fresh = fresh & ~ME;
        unchanged = unchanged & ~ME;
        answer = 0;
        stage = 0;
        old_calls = 0;
        seen_place = 0;
        seen_open = false;
        known = false;
        touched = false;
        announced = false;
        freed = false
    }
}

/* Engine.run, StandingRun.go, Reclaimer.reclaim and recovery.resume, one after the other until the end */
proctype controller(byte me; byte wish; byte cause) {
    byte answer, stage, seen_place, old_calls;
    bool seen_open, known, touched, announced, freed;

go: begin();
    if
    :: cause != RESUME
    :: d_step {
        cause == RESUME && open_runs != 0 ->
        unchanged = unchanged | ME;
        wish = DB_1 + ((wishes >> (open_runs - 1)) & 1)
    }
#ifdef RESUME_IGNORES_OPEN
    :: cause == RESUME -> goto ended
#else
    :: cause == RESUME && open_runs == 0 -> goto ended
#endif
    fi;

    gather();
    if
    :: cause == STANDING && !seen_open && seen_place != wish ->
        announced = true;
        acquire(RUN_STARTED | STEPS_STARTED)
    :: !(cause == STANDING && !seen_open && seen_place != wish) -> acquire(0)
    fi;
#ifndef READS_NOT_REPEATED
    if
    :: known
    :: !known && announced -> cause = MANUAL; close(RUN_ENDED); goto go
    :: !known && !announced -> gather()
    fi;
#endif

    /* decide */
    if
    :: announced -> goto carry
#ifndef RESUMES_WHAT_ENDED
    :: !announced && cause == RESUME && !(unchanged & ME) -> close(0); goto go
    :: !announced && cause == RESUME && (unchanged & ME)
#else
    :: !announced && cause == RESUME
#endif
    :: !announced && cause == RECLAIM && seen_place != NOWHERE -> close(RUN_HELD); goto ended
    :: !announced && (cause == MANUAL || cause == STANDING || (cause == RECLAIM && seen_place == NOWHERE))
    :: !announced && FAULTY -> close(RUN_HELD); goto ended
    fi;
    if
    :: seen_place != wish
    :: seen_place == wish ->
        /* that nothing is to be done must be true under the lease */
        d_step { seen_place = place };
        if
        :: seen_place == wish && !seen_open -> close(0); goto ended
        :: seen_place == wish && seen_open -> record(RUN_STARTED); goto prove
        :: seen_place != wish
        fi
    fi;

    /* Executor.carry_out */
carry:
    stage = 1;
    if
    :: announced
    :: !announced ->
#ifndef CALLS_BEFORE_ITS_PLAN
        record(RUN_STARTED | STEPS_STARTED)
#else
        skip
#endif
    fi;
#ifdef TWO_CALLS
    if
    :: seen_place == NOWHERE
    :: seen_place != NOWHERE ->
        call(seen_place, NOWHERE);
        if
        :: answer != TAKEN -> record(STEP_FAILED); goto failed
        :: answer == TAKEN -> freed = true; record(STEP_DONE | STEPS_STARTED); stage = 2
        fi
    fi;
    call(NOWHERE, wish);
#else
    call(ANYWHERE, wish);
#endif
    if
    :: answer == TAKEN -> record(STEP_DONE); goto prove
    :: answer != TAKEN -> record(STEP_FAILED)
    fi;

    /* Executor._put_back */
    if
    :: !freed
    :: freed ->
        call(NOWHERE, seen_place);
        if
        :: answer == TAKEN -> record(STEP_UNDONE)
        :: answer != TAKEN
        fi
    fi;

    /* Run._ended */
failed:
    if
#ifndef ENDS_IN_DOUBT
    :: touched || seen_open -> close(0)
    :: !touched && !seen_open -> close(RUN_ENDED)
#else
    :: true -> close(RUN_ENDED)
#endif
    fi;
    goto ended;

prove:
    atomic {
        if
        :: place == wish -> close(VERIFIED | RUN_ENDED)
        :: place != wish -> close(VERIFICATION_FAILED | RUN_ENDED)
        fi
    };
    goto ended;

stopped:
    close(0);

ended:
    begin();
    over++
}

/* A write whose answer was lost arrives after all; whoever made it is not told. */
inline deliver(n) {
    d_step {
        late[n].sent ->
        acquires = late[n].acquires;
        releases = late[n].releases;
        events = late[n].events;
        wish = late[n].wish;
        put(acquires, releases, events, wish);
        arrived = 1 << n;
        acquires = false;
        releases = false;
        events = 0;
        wish = 0
    }
}

active proctype network() {
    bool acquires, releases;
    short events;
    byte wish;

end:
    do
    :: deliver(0)
    :: deliver(1)
    :: deliver(2)
    od
}

init {
    atomic {
        run controller(0, DB_2, MANUAL);
        run controller(1, DB_1, STANDING);
#ifdef BOOT
        run controller(2, DB_1, RECLAIM)
#else
        over++
#endif
    };
    atomic {
        over == LAST ->
        discard(0);
        discard(1);
        discard(2);
        assert(OLD_CALLS != 0 || place != NOWHERE || open_runs != 0);
        calm = true;
        run controller(LAST, DB_1, RESUME)
    };
    over == CONTROLLERS;
    assert(OLD_CALLS != 0 || (place != NOWHERE && open_runs == 0 && place == whole_at))
}
