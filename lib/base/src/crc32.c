/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <libdeflate.h>

#include "base/hash.h"

/*
 * CRC-32 is arithmetic on polynomials over GF(2) modulo P, written with the bits
 * mirrored: bit 31 stands for x^0, bit 0 for x^31.
 */
#define POLYNOMIAL UINT32_C(0xEDB88320) /* P without x^32 */
#define X_TO_8 UINT32_C(0x00800000)
#define ONE UINT32_C(0x80000000)

uint32_t
dsync_crc32(uint32_t crc, const void *data, size_t size)
{
	return size > 0 ? libdeflate_crc32(crc, data, size) : crc;
}

/* a * b modulo P. */
static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (; a != 0; a <<= 1) {
		if (a & ONE)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? POLYNOMIAL : 0); /* b * x */
	}
	return product;
}

uint32_t
dsync_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b)
{
	uint32_t power = X_TO_8;
	uint32_t shift = ONE;

	/* Appending size_b bytes multiplies A's remainder by x^(8 * size_b); B's own is added. */
	for (; size_b != 0; size_b >>= 1) {
		if (size_b & 1)
			shift = multiply(shift, power);
		power = multiply(power, power);
	}
	return multiply(crc_a, shift) ^ crc_b;
}
