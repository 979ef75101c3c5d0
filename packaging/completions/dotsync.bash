# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Completion for bash.  What can follow is asked of the command itself, so that
# it cannot be out of date.

_dotsync()
{
	local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} at=1 command values="" i

	COMPREPLY=()
	while [ "$at" -lt "$COMP_CWORD" ] && [[ ${COMP_WORDS[at]} == -?* ]]; do	# --json and the like may stand before the command
		at=$((at + 1))
	done
	command=${COMP_WORDS[at]}
	if [ "$COMP_CWORD" -eq "$at" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(dotsync --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p') help --help --version" -- "$word")
		return
	fi
	if [ "$command" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(dotsync --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
		return
	fi
	for ((i = at + 1; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" = -- ] && break
	done
	if [ "$i" -eq "$COMP_CWORD" ]; then
		if [ "$word" = = ]; then	# bash takes --sandbox=strict for three words
			word=
		elif [ "$option" = = ]; then
			option=${COMP_WORDS[COMP_CWORD - 2]}
		fi
		case $command$option in
		doctor*) ;;	# its --sandbox has none
		*--sandbox) values='strict default degraded' ;;
		*--network) values='none local wan' ;;
		*--refresh) values='background wait never' ;;
		esac
		if [ -n "$values" ]; then
			mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
			return
		fi
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(dotsync "$command" --help 2>/dev/null | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p')" -- "$word")
			return
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -o filenames -F _dotsync dotsync
