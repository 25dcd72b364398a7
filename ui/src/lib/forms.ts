// What a form can say before the server is asked, and where to go after signing in. Pure.
import { t } from '#lib/i18n/index.ts';

export interface SignUpForm {
	name: string;
	email: string;
	password: string;
}

/** Faults by field; empty when the server may be asked. The server has the last word. */
export function signUpFaults(form: SignUpForm): Partial<Record<keyof SignUpForm, string>> {
	const faults: Partial<Record<keyof SignUpForm, string>> = {};
	if (!/^[a-z0-9_]{3,25}$/.test(form.name)) faults.name = t('problem.field_name');
	if (!/^\S+@\S+\.\S+$|^\S+@localhost$/.test(form.email)) faults.email = t('problem.field_email');
	if (form.password.length < 8) faults.password = t('problem.field_password');
	return faults;
}

/** What is missing to sign in. */
export function signInFaults(form: { name: string; password: string }): Partial<Record<'name' | 'password', string>> {
	const faults: Partial<Record<'name' | 'password', string>> = {};
	if (!form.name.trim()) faults.name = t('problem.field_required');
	if (!form.password) faults.password = t('problem.field_required');
	return faults;
}

/** Where to go after signing in: `next` if it is a path of this site, else the front page. */
export function safeNext(next: string | null): string {
	return next && /^\/(?![/\\])/.test(next) ? next : '/';
}

/** "A, b ,,c" → ["A", "b", "c"], without doubles, at most ten. */
export function tagsOf(text: string): string[] {
	const tags = text
		.split(',')
		.map((tag) => tag.trim())
		.filter(Boolean);
	return [...new Set(tags)].slice(0, 10);
}
