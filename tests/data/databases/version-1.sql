BEGIN TRANSACTION;
CREATE TABLE alert_steps (
	number INTEGER NOT NULL, 
	alert TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	"by" TEXT NOT NULL, 
	step TEXT NOT NULL, 
	note TEXT, 
	PRIMARY KEY (number), 
	FOREIGN KEY(alert) REFERENCES alerts (id)
);
INSERT INTO "alert_steps" VALUES(1,'alert-1','2026-03-02 01:01:00.000000','li','acknowledge','看到了');
CREATE TABLE alerts (
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	hall TEXT NOT NULL, 
	camera TEXT, 
	window TEXT, 
	"group" TEXT, 
	began_at DATETIME NOT NULL, 
	raised_at DATETIME NOT NULL, 
	escalated_at DATETIME, 
	ended_at DATETIME, 
	end_reason TEXT, 
	clip_from_at DATETIME, 
	clip_to_at DATETIME, 
	facts JSON NOT NULL, 
	state TEXT NOT NULL, 
	backfilled BOOLEAN NOT NULL, 
	snapshot_key TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES('alert-1',1,'window-unstaffed','hall-1','hall-1-cam-1','window-1',NULL,'2026-03-02 00:55:00.000000','2026-03-02 01:00:00.000000',NULL,NULL,NULL,NULL,NULL,'{"absent_s": 300, "detector": "person-1.0"}','acknowledged',0,'snapshots/alert-1.jpg');
CREATE TABLE clips (
	id TEXT NOT NULL, 
	camera TEXT NOT NULL, 
	alert TEXT, 
	from_at DATETIME NOT NULL, 
	to_at DATETIME NOT NULL, 
	state TEXT NOT NULL, 
	object_key TEXT, 
	size INTEGER, 
	sha256 TEXT, 
	gaps JSON NOT NULL, 
	reason TEXT, 
	"by" TEXT, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (alert)
);
INSERT INTO "clips" VALUES('clip-1','hall-1-cam-1','alert-1','2026-03-02 00:59:00.000000','2026-03-02 01:01:00.000000','partial','clips/clip-1.mp4',1000,'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','[{"start_at": "2026-03-02T01:00:00+00:00", "end_at": "2026-03-02T01:00:01+00:00", "cause": "camera"}]',NULL,NULL,'2026-03-02 01:00:00.000000');
CREATE TABLE gaps (
	number INTEGER NOT NULL, 
	camera TEXT NOT NULL, 
	start_at DATETIME NOT NULL, 
	end_at DATETIME NOT NULL, 
	cause TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (camera, start_at, end_at, cause)
);
INSERT INTO "gaps" VALUES(1,'hall-1-cam-1','2026-03-02 02:00:00.000000','2026-03-02 02:00:30.000000','camera');
CREATE TABLE observations (
	record TEXT NOT NULL, 
	window TEXT NOT NULL, 
	staffing TEXT NOT NULL, 
	in_service BOOLEAN NOT NULL, 
	since_at DATETIME NOT NULL, 
	why TEXT, 
	visitor TEXT NOT NULL, 
	PRIMARY KEY (record)
);
INSERT INTO "observations" VALUES('node/1','window-1','staffed',1,'2026-03-02 01:00:00.000000',NULL,'unknown');
CREATE TABLE register (
	number INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	username TEXT NOT NULL, 
	name TEXT NOT NULL, 
	unit TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	reason TEXT, 
	PRIMARY KEY (number)
);
INSERT INTO "register" VALUES(1,'2026-03-02 01:00:00.000000','li','李明','政务服务中心','pull','clip clip-1','投诉');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE segments (
	id TEXT NOT NULL, 
	camera TEXT NOT NULL, 
	start_at DATETIME NOT NULL, 
	end_at DATETIME NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	previous_sha256 TEXT NOT NULL, 
	packets INTEGER NOT NULL, 
	codec TEXT NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	recovered BOOLEAN NOT NULL, 
	backfilled BOOLEAN NOT NULL, 
	object_key TEXT NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "segments" VALUES('hall-1-cam-1-0','hall-1-cam-1','2026-03-02 01:58:00.000000','2026-03-02 01:59:00.000000',1000,'0000000000000000000000000000000000000000000000000000000000000000','',1500,'h264',1920,1080,0,0,'segments/0.mp4','stored');
INSERT INTO "segments" VALUES('hall-1-cam-1-1','hall-1-cam-1','2026-03-02 01:59:00.000000','2026-03-02 02:00:00.000000',1001,'0000000000000000000000000000000000000000000000000000000000000001','',1500,'h264',1920,1080,0,0,'segments/1.mp4','stored');
INSERT INTO "segments" VALUES('hall-1-cam-1-2','hall-1-cam-1','2026-03-02 02:00:30.000000','2026-03-02 02:01:30.000000',1002,'0000000000000000000000000000000000000000000000000000000000000002','',1500,'h264',1920,1080,0,0,'segments/2.mp4','pending');
CREATE TABLE sessions (
	token_sha256 TEXT NOT NULL, 
	username TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (token_sha256), 
	FOREIGN KEY(username) REFERENCES users (username) ON DELETE CASCADE
);
INSERT INTO "sessions" VALUES('abababababababababababababababababababababababababababababababab','li','2026-03-02 01:00:00.000000','2026-03-02 01:00:00.000000','2026-03-02 02:00:00.000000');
CREATE TABLE users (
	username TEXT NOT NULL, 
	name TEXT NOT NULL, 
	unit TEXT NOT NULL, 
	roles JSON NOT NULL, 
	password_hash TEXT NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	PRIMARY KEY (username)
);
INSERT INTO "users" VALUES('li','李明','政务服务中心','["investigator"]','$argon2id$none',0);
CREATE INDEX ix_alerts_state ON alerts (state);
CREATE INDEX alerts_by_raised_at ON alerts (raised_at, id);
CREATE INDEX ix_alerts_kind ON alerts (kind);
CREATE INDEX ix_alerts_hall ON alerts (hall);
CREATE INDEX segments_by_camera ON segments (camera, start_at);
CREATE INDEX ix_segments_state ON segments (state);
CREATE INDEX ix_clips_state ON clips (state);
CREATE INDEX ix_clips_camera ON clips (camera);
CREATE INDEX ix_clips_created_at ON clips (created_at);
CREATE INDEX observations_by_window ON observations (window, since_at);
CREATE INDEX ix_register_at ON register (at);
CREATE INDEX ix_sessions_username ON sessions (username);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_alert_steps_alert ON alert_steps (alert);
CREATE TRIGGER register_no_update BEFORE UPDATE ON register BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END;
CREATE TRIGGER register_no_delete BEFORE DELETE ON register BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END;
COMMIT;
