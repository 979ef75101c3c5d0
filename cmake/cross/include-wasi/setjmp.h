/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * setjmp.h - for unit tests only: WASI has none, cmocka's manual wants it included
 * first, and the small cmocka of the cross builds never jumps.
 */
