// Live events of the signed-in user; one EventSource serves all tabs of a browser. Filled in by notifications.
export {};
