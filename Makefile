.PHONY: lock
lock:
	true
