/* Plans come over a process border: whatever the bytes, reading stays inside of them. */
#include <assert.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all that the step says is its own; outside of the plan that is for ASan to see. */
static size_t touch(const struct step *step)
{
	size_t sum = 0;

	for (int i = 0; i < STEP_TEXTS; i++)
		sum += strlen(step->text[i]);
	for (size_t i = 0; i < step->bytes_length; i++)
		sum += ((const uint8_t *)step->bytes)[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct step step;
	size_t offset = 0;
	int more;

	while ((more = plan_next(data, size, &offset, &step)) > 0) {
		assert(step.kind < STEP_KIND_COUNT && step_name(step.kind) && offset <= size);
		assert(touch(&step) < SIZE_MAX);
	}
	assert(more < 0 || offset == size);
	return 0;
}
