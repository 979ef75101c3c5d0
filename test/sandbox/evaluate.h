/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* evaluate.h - does in user space what the kernel does with a system call filter. */
#ifndef TEST_EVALUATE_H
#define TEST_EVALUATE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

/* The filter's answer, SECCOMP_RET_*; an instruction that none of our filters uses fails the test. */
uint32_t evaluate(const struct sock_filter *code, size_t size, const struct seccomp_data *data);

#endif
