"""The learner's code: loaded, called and watched, apart from the tests that judge it."""
