// Gets a player over its errors: takes what hls.js calls fatal, asks the rule in recovery.ts, and does the repair when it
// is due.
import type Hls from 'hls.js';
import type { ErrorData } from 'hls.js';
import { Recovery, type ErrorKind } from './recovery.ts';
import type { Fault } from './shapes.ts';

/** Whether a request failed without any answer, which a server's refusal is. */
export const reachedNobody = ({ details, response }: Pick<ErrorData, 'details' | 'response'>): boolean =>
	/Load(Error|TimeOut)$/.test(details) && !response?.code;

/** What is told to the engine and asked of it. */
export interface Patient {
	/** A repair is planned. */
	fault(fault: Fault): void;
	/** No repair would help. */
	giveUp(fault: Fault): void;
	/** Loads the stream's playlist into `hls` again. */
	load(hls: Hls): void;
	/** Builds the player anew. */
	rebuild(): void;
}

export class Repairs {
	readonly #hls: () => Hls | null;
	readonly #patient: Patient;
	readonly #recovery = new Recovery();
	#due: ReturnType<typeof setTimeout> | undefined;

	constructor(hls: () => Hls | null, patient: Patient) {
		this.#hls = hls;
		this.#patient = patient;
	}

	/** Takes an error of the player that is in use. */
	failed({ ErrorTypes, ErrorDetails }: typeof Hls, data: ErrorData): void {
		if (!data.fatal) return;
		if (data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
			this.#patient.giveUp({ kind: 'unsupported', code: data.details, retryAt: null });
			return;
		}
		const kind: ErrorKind =
			data.type === ErrorTypes.NETWORK_ERROR ? 'network' : data.type === ErrorTypes.MEDIA_ERROR ? 'media' : 'other';
		const status = data.response?.code ? `_${data.response.code}` : '';
		this.repair(kind, data.details + status);
	}

	/** Plans the next repair for an error of this kind; `code` is for the viewer to quote. */
	repair(kind: ErrorKind, code: string): void {
		const step = this.#recovery.next(kind, performance.now() / 1000, Math.random());
		const retryAt = performance.now() + step.inMs;
		this.#patient.fault({ kind, code, retryAt });
		clearTimeout(this.#due);
		this.#due = setTimeout(() => {
			const hls = this.#hls();
			if (!hls || step.repair === 'rebuild') this.#patient.rebuild();
			else if (step.repair === 'recover-media') hls.recoverMediaError();
			else if (hls.levels.length === 0) this.#patient.load(hls);
			else hls.startLoad(-1);
		}, step.inMs);
	}

	/** What was planned is not needed any more. */
	cancel(): void {
		clearTimeout(this.#due);
	}
}
